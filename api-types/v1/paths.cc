#include "api-types/v1/paths.h"

#include <algorithm>

namespace tinyforge::v1 {
namespace {

constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxDockerName = 255;

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool IsCleanRelativePath(std::string_view path) {
  if (path.size() > kMaxPath) return false;
  while (true) {
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos) return false;
    if (end == std::string_view::npos) return true;
    path.remove_prefix(end + 1);
  }
}

bool IsCleanAbsolutePath(std::string_view path) {
  return path.size() <= kMaxPath && path.starts_with('/') && IsCleanRelativePath(path.substr(1));
}

bool IsDockerName(std::string_view name) {
  return name.size() >= 2 && name.size() <= kMaxDockerName && IsAlnum(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsAlnum(c) || c == '_' || c == '.' || c == '-'; });
}

}  // namespace tinyforge::v1
