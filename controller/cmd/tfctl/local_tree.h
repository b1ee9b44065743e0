// Files of this machine read as the tree of a commit, by whoever checks what is not committed yet.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/git/checkout.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::tfctl {

// As in a commit: no .git, nothing that git ignores, symlinks refused.
class LocalTree : public TreeReader {
 public:
  // Of a folder that holds all of the configuration, as --path of the controller names it.
  static LocalTree Of(const std::string& folder);
  // Of the git work tree around a file or folder, there or not; without one of the whole file system.
  static LocalTree Around(const std::string& path);

  const Revision& revision() const override { return revision_; }
  Expected<std::vector<TreeEntry>> List(std::string_view path) const override;
  Expected<std::string> Read(const TreeEntry& entry) const override;

  // Where a file of this machine, there or not, is in the tree; nothing for one outside.
  std::optional<std::string> PathOf(const std::string& file) const;
  // A path of the tree as the user would type it.
  std::string Shown(std::string_view path) const;
  // Whether something is at the path that no commit will hold.
  bool Ignores(const std::string& path) const;

 private:
  LocalTree(std::string root, bool absolute) : root_(std::move(root)), absolute_(absolute) {}
  std::string Full(std::string_view path) const;
  Expected<std::vector<TreeEntry>> ListFolder(std::string_view path) const;

  std::string root_;  // absolute, without symlinks and a slash at the end; empty: the file system's
  bool absolute_;     // so are the paths that the user gave
  std::optional<Checkout> checkout_{};
  Revision revision_{};
};

}  // namespace tinyforge::tfctl
