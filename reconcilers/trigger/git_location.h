// Which git repository is meant, whatever it is reached by.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge {

struct GitLocation {
  std::string host;  // lower case, without port and user; empty: not said, or a path of this host
  std::string path;  // "acme/shop": lower case, without slashes around it and without ".git"
  bool operator==(const GitLocation&) const = default;
};

// URLs (https://host/acme/shop.git, ssh://git@host:22/acme/shop), scp's form (git@host:acme/shop.git), and bare paths
// or "owner/name" without a host. Schemes, users and ports are left out: forges give one repository by several.
GitLocation ParseGitLocation(std::string_view text);

// What is empty matches nothing; where one host is not said, the paths decide.
bool MayBeSame(const GitLocation& a, const GitLocation& b);

}  // namespace tinyforge
