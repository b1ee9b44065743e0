// Files that were sent instead of committed, as a tree.
#pragma once

#include <map>
#include <string>

#include "reconcilers/core/ports.h"

namespace tinyforge::cmd {

class MemoryTree : public TreeReader {
 public:
  using Files = std::map<std::string, std::string, std::less<>>;
  MemoryTree(Revision revision, Files files) : revision_(std::move(revision)), files_(std::move(files)) {}

  const Revision& revision() const override { return revision_; }
  Expected<std::vector<TreeEntry>> List(std::string_view path) const override;
  Expected<std::string> Read(const TreeEntry& entry) const override;
  const Files& files() const { return files_; }

 private:
  Revision revision_;
  Files files_;
};

// The objects of the tree, as a sync would read them.
std::shared_ptr<const ConfigSnapshot> SnapshotOf(std::shared_ptr<const MemoryTree> tree);

}  // namespace tinyforge::cmd
