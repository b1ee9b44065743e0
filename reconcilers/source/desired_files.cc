#include "reconcilers/source/desired_files.h"

#include <algorithm>
#include <charconv>

#include "api-types/codec/hash.h"

namespace tinyforge {
namespace {

constexpr std::uint32_t kFileMode = 0644;
constexpr std::uint32_t kExecutableMode = 0755;
constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kMaxBytes = 16u << 20;

}  // namespace

Expected<std::vector<DesiredFile::Entry>> FindTreeFiles(const TreeReader& tree, const std::string& path,
                                                        std::optional<std::uint32_t> mode, ReadSet& read_set) {
  read_set.paths.insert(path);
  auto found = tree.List(path);
  if (!found) return std::move(found).error();
  if (found->size() > kMaxFiles) return Error{ErrorKind::Terminal, path + " holds more than 1000 files"};
  std::vector<DesiredFile::Entry> files;
  std::size_t total = 0;
  for (const TreeEntry& entry : *found) {
    auto content = tree.Read(entry);
    if (!content) return std::move(content).error();
    total += content->size();
    if (total > kMaxBytes) return Error{ErrorKind::Terminal, path + " holds more than 16 MiB"};
    const std::string relative = entry.path == path ? ""
                                 : path.empty()     ? entry.path
                                                    : entry.path.substr(path.size() + 1);
    files.push_back({relative, std::move(*content), mode.value_or(entry.executable ? kExecutableMode : kFileMode)});
  }
  return files;
}

Expected<std::vector<DesiredFile::Entry>> ReadTreeFiles(const TreeReader& tree, const std::string& path,
                                                        std::optional<std::uint32_t> mode, ReadSet& read_set) {
  auto files = FindTreeFiles(tree, path, mode, read_set);
  if (!files && files.error().kind == ErrorKind::NotFound) files.error().kind = ErrorKind::Terminal;
  return files;
}

std::string ContentHash(const DesiredFile& file) {
  std::string text = std::to_string(file.uid) + ":" + std::to_string(file.gid);
  if (file.secret) text += " secret " + file.secret->fingerprint;
  for (const auto& entry : file.entries) {
    text += "\n" + entry.path + " " + std::to_string(entry.mode) + " " + std::to_string(entry.content.size()) + "\n";
    text += entry.content;
  }
  return Sha256Hex(text).substr(0, kContentHashLength);
}

FileOwner NumericUser(const std::optional<std::string>& user) {
  FileOwner owner;
  if (!user) return owner;
  const char* end = user->data() + user->size();
  const auto [rest, error] = std::from_chars(user->data(), end, owner.uid);
  if (error != std::errc{}) return {};
  owner.gid = owner.uid;
  if (rest != end && *rest == ':') std::from_chars(rest + 1, end, owner.gid);
  return owner;
}

Expected<std::string> ResolveTreePath(std::string_view manifest_path, std::string_view path) {
  std::vector<std::string_view> parts;
  auto push = [&](std::string_view text) {
    while (!text.empty()) {
      const std::string_view part = text.substr(0, text.find('/'));
      text.remove_prefix(std::min(text.size(), part.size() + 1));
      if (part.empty() || part == ".") continue;
      if (part != "..")
        parts.push_back(part);
      else if (parts.empty())
        return false;
      else
        parts.pop_back();
    }
    return true;
  };
  const std::size_t slash = manifest_path.rfind('/');
  if (slash != std::string_view::npos) push(manifest_path.substr(0, slash));
  if (path.starts_with('/') || !push(path))
    return Error{ErrorKind::Terminal,
                 "path " + std::string(path) + " leaves the repository; it must be relative to the manifest"};
  std::string result;
  for (std::string_view part : parts) result += (result.empty() ? "" : "/") + std::string(part);
  return result;
}

}  // namespace tinyforge
