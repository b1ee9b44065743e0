#include "reconcilers/source/compose/tree_path.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tinyforge::compose {
namespace {

using Parts = std::vector<std::string_view>;

void Push(std::string_view text, bool absolute, Parts& parts) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (part.empty() || part == ".") continue;
    const bool climbs = part == "..";
    if (climbs && !parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (!climbs || !absolute)
      parts.push_back(part);
  }
}

std::string Print(const Parts& parts) {
  std::string out;
  for (const std::string_view part : parts) {
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

}  // namespace

std::string Join(std::string_view folder, std::string_view path) {
  const bool absolute = path.starts_with('/');
  Parts parts;
  if (!absolute) Push(folder, folder.starts_with('/'), parts);
  Push(path, absolute, parts);
  return (absolute || folder.starts_with('/') ? "/" : "") + Print(parts);
}

std::string FolderOf(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

std::string Relative(std::string_view from, std::string_view folder) {
  Parts a;
  Parts b;
  Push(from, false, a);
  Push(folder, false, b);
  const auto [end_a, end_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  Parts parts(static_cast<std::size_t>(a.end() - end_a), "..");
  parts.insert(parts.end(), end_b, b.end());
  return parts.empty() ? "." : Print(parts);
}

bool IsInTree(std::string_view path) {
  return !path.starts_with('/') && path != ".." && !path.starts_with("../");
}

}  // namespace tinyforge::compose
