// What differs between the files of two revisions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "controller/git/object_database.h"

namespace tinyforge {

// One path whose content, mode or existence differs. Exactly one of: written (`blob` is set), refused, removed.
struct TreeChange {
  std::string path;  // relative to the sub-path; of a refused entry printable, else as git has it
  std::string blob;  // object id, 40 hex digits
  bool executable = false;
  std::string refused;  // why it cannot be a file of ours: "is a symlink", …; the rest of the tree is not touched by it
  bool removed() const { return blob.empty() && refused.empty(); }
  bool operator==(const TreeChange&) const = default;
};

// A tree holds at most this many files; more is an error of the tree.
inline constexpr std::size_t kMaxTreeFiles = 20'000;

namespace git {

struct TreeDiff {
  std::vector<TreeChange> changes;  // ordered by path, but for an entry that turns from file to folder or back
  std::int64_t growth = 0;          // files written where none was, less files removed
};

// Folders that are equal are not opened, so the cost follows the change. `before` may be null: everything in `after`.
// Invalid when there are more than 2 * kMaxTreeFiles changes.
Expected<TreeDiff> DiffTrees(ObjectDatabase& database, const git_tree* before, const git_tree* after);

// Why an entry of a tree cannot be a file or folder of ours; empty when it can. A plain file, an executable and a
// folder can; symlinks, submodules and names that are unsafe or unprintable cannot.
std::string RefusalOf(const git_tree_entry* entry);

}  // namespace git
}  // namespace tinyforge
