#include "reconcilers/trigger/git_location.h"

#include <algorithm>

namespace tinyforge {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::string Host(std::string_view authority) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (authority.starts_with('[')) return Lower(authority.substr(0, authority.find(']') + 1));
  return Lower(authority.substr(0, authority.find(':')));
}

std::string Path(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  while (path.starts_with('/')) path.remove_prefix(1);
  constexpr std::string_view kSuffix = ".git";
  const auto suffixed = [&] {
    return path.size() >= kSuffix.size() && Lower(path.substr(path.size() - kSuffix.size())) == kSuffix;
  };
  while (path.ends_with('/') || suffixed()) path.remove_suffix(path.ends_with('/') ? 1 : kSuffix.size());
  return Lower(path);
}

}  // namespace

GitLocation ParseGitLocation(std::string_view text) {
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    text.remove_prefix(scheme + 3);
    const std::size_t slash = std::min(text.find('/'), text.size());
    return {Host(text.substr(0, slash)), Path(text.substr(slash))};
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find('/') > colon)
    return {Host(text.substr(0, colon)), Path(text.substr(colon + 1))};
  return {"", Path(text)};
}

// Bitbucket Server's URLs have a folder before project and repository that its payloads leave out.
bool MayBeSame(const GitLocation& a, const GitLocation& b) {
  const auto path = [](const GitLocation& of, const GitLocation& other) {
    constexpr std::string_view kScm = "scm/";
    std::string_view text = of.path;
    if (other.host.empty() && !of.host.empty() && text.starts_with(kScm)) text.remove_prefix(kScm.size());
    return text;
  };
  if (a.path.empty() || path(a, b) != path(b, a)) return false;
  return a.host.empty() || b.host.empty() || a.host == b.host;
}

}  // namespace tinyforge
