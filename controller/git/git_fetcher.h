// Fetches in a child process: a hung, hostile or huge remote costs at most a deadline and a child (libgit2 has no
// timeout of its own, and its parsers face the network).
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"
#include "controller/git/child_process.h"
#include "controller/git/fetch_message.h"

namespace tinyforge {

struct GitFetcherOptions {
  // The program whose main() calls GitFetchChildMain when it is started with these arguments. By default this very
  // program, even when its file was replaced meanwhile.
  std::string executable = "/proc/self/exe";
  std::vector<std::string> arguments{"git-fetch"};
  Duration deadline{60'000};
};

struct FetchReport {
  FetchAnswer answer;
  ChildUsage usage;
};

// Thread-safe: holds no state. Two fetches into one directory at a time are the caller's to avoid.
class GitFetcher {
 public:
  explicit GitFetcher(GitFetcherOptions options) : options_(std::move(options)) {}

  // Connects, compares the branch's tip with the clone's, downloads what is missing and moves the clone's tip. Returns
  // within the deadline whatever the remote does. The child sees no environment but the proxy settings.
  FetchReport Fetch(const FetchRequest& request, std::stop_token stop) const;

 private:
  GitFetcherOptions options_;
};

}  // namespace tinyforge
