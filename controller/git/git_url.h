// Where a repository is. The grammar is narrow on purpose: what it lets through means the same to us, to libgit2 and to
// a shell on the server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"

namespace tinyforge {

struct GitUrl {
  enum class Scheme { Https, Http, Ssh, Local };
  Scheme scheme = Scheme::Local;
  std::string user;        // ssh only
  std::string host;        // lower case, an IPv6 address without brackets; empty for Local
  std::uint16_t port = 0;  // 0: the scheme's own
  std::string path;        // with the leading slash
  bool operator==(const GitUrl&) const = default;
};

// Accepts https://, ssh://, an absolute path and file:// with one (for development), and http:// to a loopback address.
// host: a DNS name or an address; path: [A-Za-z0-9._~/-] without "..". A password in the URL, the form host:path and
// every other scheme are Invalid, with what to write instead.
Expected<GitUrl> ParseGitUrl(std::string_view text);

// For people, logs and statuses: carries no secret, since a GitUrl holds none.
std::string ToString(const GitUrl& url);

// As libgit2 takes it: a local path as a file:// URL, so that no path is taken for another form.
std::string ToLibgit2(const GitUrl& url);

// A branch name by git's own rules (git check-ref-format), at most 200 bytes, without a leading '-'.
Expected<void> CheckBranchName(std::string_view branch);

// A folder of the repository: relative, '/'-separated, without "." and ".." segments; empty: the root. Returned without
// leading "./" and trailing '/'.
Expected<std::string> NormalizeTreePath(std::string_view path);

}  // namespace tinyforge
