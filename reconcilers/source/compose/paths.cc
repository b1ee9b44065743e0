#include "reconcilers/source/compose/paths.h"

#include <algorithm>
#include <vector>

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxPath = 4096;

void Push(std::vector<std::string_view>& parts, std::string_view part, bool absolute) {
  if (part.empty() || part == ".") return;
  if (part != "..") return parts.push_back(part);
  if (!parts.empty() && parts.back() != "..") return parts.pop_back();
  if (!absolute) parts.push_back(part);
}

}  // namespace

std::string CleanPath(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    Push(parts, part, absolute);
  }
  std::string clean;
  for (const std::string_view part : parts) clean += (clean.empty() && !absolute ? "" : "/") + std::string(part);
  if (clean.empty()) return absolute ? "/" : ".";
  return clean;
}

std::optional<ComposePath> ReadFilePath(const Value& value) {
  const auto text = value.Word();
  if (!text) return std::nullopt;
  if (text->size() <= kMaxPath && !text->starts_with('/') && !text->starts_with('~')) return CleanPath(*text);
  value.Mismatch("a path of the config repository, relative to the project directory");
  return std::nullopt;
}

std::optional<ComposePath> ReadSourcePath(const Value& value, std::string_view text) {
  if (text.starts_with('~')) {
    value.Fail("~ is the home folder of who runs docker compose, and nobody does: write the path from / on");
    return std::nullopt;
  }
  if (text.empty() || text.size() > kMaxPath) {
    value.Fail("expected a path, got " + Quoted(text));
    return std::nullopt;
  }
  return CleanPath(text);
}

std::optional<std::string> ReadTarget(const Value& value, std::string_view text) {
  const std::string clean = CleanPath(text);
  if (text.starts_with('/') && clean != "/" && text.size() <= kMaxPath) return clean;
  value.Fail("expected an absolute path in the container other than /, got " + Quoted(text));
  return std::nullopt;
}

}  // namespace tinyforge::compose
