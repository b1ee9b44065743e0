#include "controller/cmd/memory_tree.h"

#include "api-types/codec/manifest_loader.h"

namespace tinyforge::cmd {

Expected<std::vector<TreeEntry>> MemoryTree::List(std::string_view path) const {
  std::vector<TreeEntry> found;
  const std::string folder = std::string(path) + "/";
  for (const auto& [name, content] : files_)
    if (path.empty() || name == path || name.starts_with(folder)) found.push_back({.path = name, .blob = name});
  if (found.empty()) return Error{ErrorKind::NotFound, "no file or folder " + std::string(path)};
  return found;
}

Expected<std::string> MemoryTree::Read(const TreeEntry& entry) const {
  auto found = files_.find(entry.path);
  if (found == files_.end()) return Error{ErrorKind::NotFound, "no file " + entry.path};
  return found->second;
}

std::shared_ptr<const ConfigSnapshot> SnapshotOf(std::shared_ptr<const MemoryTree> tree) {
  std::vector<codec::TreeChange> files;
  for (const auto& [path, content] : tree->files()) files.push_back({path, path});
  codec::ManifestLoader loader;
  auto objects = std::make_shared<v1::ObjectSet>(
      loader.Load(tree->revision(), files, [&](const std::string& path, const std::string&) {
        return Expected<std::string>(tree->files().find(path)->second);
      }));
  return std::make_shared<ConfigSnapshot>(ConfigSnapshot{std::move(objects), std::move(tree)});
}

}  // namespace tinyforge::cmd
