// The files of one revision, read from the clone's object database: there is no work tree, so nothing in a repository
// can point out of it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "controller/git/object_database.h"
#include "controller/git/tree_diff.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

// Bytes of a manifest file and of any file.
inline constexpr std::size_t kMaxManifestBytes = 1u << 20;
inline constexpr std::size_t kMaxFileBytes = 16u << 20;

// Thread-safe: its own handle on the clone, behind a lock. Stays readable while later revisions are fetched; when the
// clone is replaced, reads may fail (Transient) until a new GitTree is made. Memory grows with what was read (see
// ObjectDatabase): for a bulk read make one and drop it afterwards.
class GitTree : public TreeReader {
 public:
  // `path` is the sub-path, normalised.
  static Expected<std::unique_ptr<GitTree>> Open(std::unique_ptr<git::ObjectDatabase> database, Revision revision,
                                                 std::string_view path);

  const Revision& revision() const override { return revision_; }
  // A folder with an entry that is refused (see TreeChange) is Invalid as a whole, naming it: half a folder is none.
  Expected<std::vector<TreeEntry>> List(std::string_view path) const override;
  // At most kMaxFileBytes.
  Expected<std::string> Read(const TreeEntry& entry) const override;
  // A file by its object id. Invalid when it has more than `max` bytes.
  Expected<std::string> ReadBlob(std::string_view blob, std::size_t max) const;

 private:
  struct Content {
    std::unique_ptr<git::ObjectDatabase> database;
    git::TreePtr root;
  };
  GitTree(Revision revision, Content content) : revision_(std::move(revision)), content_(std::move(content)) {}

  Revision revision_;
  mutable Guarded<Content> content_;
};

}  // namespace tinyforge
