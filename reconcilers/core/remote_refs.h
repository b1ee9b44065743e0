// Which branches and tags a git repository has, asked over the network.
#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "api-types/meta/error.h"

namespace tinyforge {

// The commit, in hex and lower case, that each of "refs/heads/…" and "refs/tags/…" points to, also an annotated tag;
// and "HEAD" where the repository says what it is.
using GitRefs = std::map<std::string, std::string>;

// May be called from several threads.
class RemoteRefs {
 public:
  virtual ~RemoteRefs() = default;
  // The URL by which what a manifest calls a repository can be asked: a URL itself; owner/name is the config repository
  // or nothing, since its host would be a guess. Invalid says why it cannot be asked. Asks nobody.
  virtual Expected<std::string> Locate(const std::string& repository) = 0;
  // Of a URL that Locate gave. All of them, never a part. Blocks for half a minute at most; a stop ends it earlier. Its
  // errors:
  // - Waiting: a person must act (no such repository, login, host key, certificate, too many branches and tags).
  // - Transient: the server cannot be reached or is not well, or the stop was requested.
  virtual Expected<GitRefs> List(const std::string& url, std::stop_token stop) = 0;
};

}  // namespace tinyforge
