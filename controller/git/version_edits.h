// Edits of values of manifests and other files as a new tree. Internal to controller/git; lives in the child.
#pragma once

#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "controller/git/git2.h"
#include "reconcilers/core/repo_writer.h"

namespace tinyforge::git {

struct EditBase {
  git_repository* repository = nullptr;
  const git_tree* tree = nullptr;  // what is edited
  // Where `from` must stand; null: in the edited tree itself. With it, the edited tree may say anything there.
  const git_tree* watched = nullptr;
  const git_tree* current = nullptr;  // where the files of an edit's basis must be what they were
  std::string path;                   // the sub-path
};

struct EditedTree {
  git_oid id{};
  std::size_t changed = 0;           // edits that made a difference; zero: the tree is as it was
  std::size_t held = 0;              // edits whose value was `to` already
  std::vector<std::string> dropped;  // see WriteBackResult
};

// Writes blobs and trees; every other entry keeps its name, mode and content. An edit that cannot be made does not
// touch the others. An error: the clone cannot be read or written.
Expected<EditedTree> ApplyEdits(const EditBase& base, const std::vector<VersionEdit>& edits);

}  // namespace tinyforge::git
