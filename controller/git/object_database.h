// Reads commits, trees and blobs of the bare clone, in the controller's own process. Internal to controller/git.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "controller/git/git2.h"
#include "reconcilers/core/commit_reader.h"

namespace tinyforge::git {

// Set by whoever finds the clone unreadable; the next sync then makes a new one.
using DamageFlag = std::shared_ptr<std::atomic<bool>>;

// One handle on the clone. Not thread-safe, but any number of them may be open, also while a child fetches: git's files
// are written once and never changed. Memory grows with what was read, up to about 16 MiB of delta bases a pack, and is
// given back with the handle. Errors: NotFound as said; Transient when the clone is damaged, with the flag set.
class ObjectDatabase {
 public:
  // Checks the packs (see CheckPacks) before anything is read.
  static Expected<std::unique_ptr<ObjectDatabase>> Open(std::shared_ptr<const Library> library,
                                                        const std::string& directory, DamageFlag damaged);

  // The revision fetched last; its commit is there.
  Expected<Revision> Tip();
  bool Has(const Revision& commit);
  // Of an id that a stranger gave: another object of the clone is no commit.
  bool HasCommit(const Revision& id);
  // The folder `path` (normalised; empty: the root) of a commit. NotFound names the path and what is there instead.
  Expected<TreePtr> Folder(const Revision& commit, std::string_view path);
  // A tree that another one names.
  Expected<TreePtr> Tree(const git_oid& id);
  // Invalid when it is longer than `max` bytes, which is known before it is read.
  Expected<std::string> Blob(std::string_view id, std::size_t max);
  // Whether `commit` is `tip` or one of its ancestors; a commit that the clone does not have is none.
  Expected<bool> IsAncestor(const Revision& commit, const Revision& tip);
  // See CommitReader::OriginOf. The histories of `known` are no news; the clone has each of them. Without any,
  // only `to` counts. More than 1000 commits are Others.
  Expected<CommitOrigin> OriginOf(const Revision& to, const std::vector<Revision>& known);

  // Runs the check of Open again, at most every 50 ms.
  Expected<void> CheckStillIntact();

 private:
  ObjectDatabase(std::shared_ptr<const Library> library, std::string directory, DamageFlag damaged)
      : library_(std::move(library)), directory_(std::move(directory)), damaged_(std::move(damaged)) {}
  Error Damaged(std::string_view what);
  Expected<TreePtr> Root(const Revision& commit);
  Expected<bool> IsOurs(const git_oid& commit);
  Expected<bool> AreOurs(git_revwalk* walk, const git_oid& tip, const std::vector<Revision>& known);

  std::shared_ptr<const Library> library_;
  std::string directory_;
  DamageFlag damaged_;
  RepositoryPtr repository_;
  OdbPtr odb_;
  std::chrono::steady_clock::time_point checked_{};
};

}  // namespace tinyforge::git
