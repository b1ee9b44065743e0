#include "reconcilers/trigger/path_pattern.h"

#include <span>
#include <vector>

#include "api-types/v1/hosts.h"

namespace tinyforge {
namespace {

using Parts = std::vector<std::string_view>;
constexpr std::string_view kAnyParts = "**";

Parts Split(std::string_view text) {
  Parts parts;
  while (true) {
    const std::size_t slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

Parts SplitPattern(std::string_view pattern) {
  Parts parts = Split(pattern);
  if (parts.back() == kAnyParts) parts.emplace_back("*");
  return parts;
}

// As GlobMatches does it with characters: of several "**" only the last one needs to give way.
bool Match(std::span<const std::string_view> pattern, std::span<const std::string_view> path) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t any = pattern.size();  // the last "**" that was passed
  std::size_t retry = 0;
  while (t < path.size()) {
    if (p < pattern.size() && pattern[p] == kAnyParts) {
      any = p++;
      retry = t;
    } else if (p < pattern.size() && v1::GlobMatches(pattern[p], path[t])) {
      ++p;
      ++t;
    } else if (any < pattern.size()) {
      p = any + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == kAnyParts) ++p;
  return p == pattern.size();
}

}  // namespace

bool PathMatches(std::string_view pattern, std::string_view path) {
  return Match(SplitPattern(pattern), Split(path));
}

bool PathConcerns(std::string_view pattern, std::string_view path) {
  while (pattern.ends_with('/')) pattern.remove_suffix(1);
  if (pattern.starts_with("./")) pattern.remove_prefix(2);
  if (pattern.empty() || pattern == ".") return true;
  Parts wanted = SplitPattern(pattern);
  wanted.push_back(kAnyParts);  // whatever lies below
  return Match(wanted, Split(path));
}

}  // namespace tinyforge
