// The config repository: one branch of one remote, cloned bare below the state directory.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "controller/git/clone_directory.h"
#include "controller/git/git_failure.h"
#include "controller/git/git_fetcher.h"
#include "controller/git/git_tree.h"
#include "controller/git/git_url.h"
#include "controller/git/tree_diff.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/commit_reader.h"

namespace tinyforge {

struct GitRepositoryOptions {
  std::string url;  // see ParseGitUrl
  std::string branch = "main";
  std::string path;  // folder that holds the manifests; empty: the whole repository
  GitAuth auth;
  FetchLimits limits;
  GitChildOptions fetcher;
  std::string state_dir;  // the clone is its folder "git"
};

// What one sync found.
struct SyncResult {
  Revision revision;       // the branch's tip
  bool changed = false;    // another one than was in force
  bool rewritten = false;  // what was in force is not among its ancestors
  bool recloned = false;   // the clone was made anew since the last success, the first time included
  std::vector<TreeChange>
      changes;            // below the sub-path, from what was in force; everything when that was nothing or is gone
  bool complete = false;  // `changes` is the whole tree: what is not in it does not exist
  ChildUsage usage;       // of the fetching child; zero when none was needed
};

// Sync is for one thread; everything else is thread-safe, also during a Sync: each call opens its own handle on the
// clone, whose files are never changed, only added. Nothing is remembered that is not on disk, but for hints.
//
// The clone is a cache: when it is damaged or belongs to another repository or branch, the next Sync makes a new one
// beside it and swaps; the old one stays readable, as far as it is, until then.
class GitRepository {
 public:
  // Checks the options; touches neither disk nor network. Invalid says what would be right.
  static Expected<std::unique_ptr<GitRepository>> Create(GitRepositoryOptions options);

  // The revision of the last successful fetch, from the clone alone, so that it can be enforced while the remote is
  // down. NotFound: there is no clone of this repository and branch.
  Expected<Revision> LastFetched() const;

  // Asks the remote for the branch's tip and says what differs from `in_force`, the revision that was last applied from
  // this repository, branch and sub-path (empty: everything is new). Returns within
  // the fetcher's deadline (twice that if the clone must be made again). On an error nothing changed and `in_force`
  // stays in force; so it does when the new tree cannot be used (sub-path missing, more than kMaxTreeFiles files).
  Expected<SyncResult> Sync(const Revision& in_force, std::stop_token stop);

  // How the last Sync ended, as a condition's reason: "Synced", "TreeUnusable" or a GitReason; "NotSynced" before the
  // first.
  std::string Reason() const;

  // The files below the sub-path that differ between two revisions of the clone; all of `to` when `from` is empty, is
  // not in the clone or has no such sub-path.
  Expected<std::vector<TreeChange>> Changes(const Revision& from, const Revision& to) const;
  // The files below the sub-path of a revision in the clone.
  Expected<std::unique_ptr<GitTree>> Tree(const Revision& revision) const;

  // Whether `commit` is `tip` or an ancestor of it. A commit unknown to the clone is not.
  Expected<bool> HistoryContains(const Revision& commit, const Revision& tip) const;
  // Whether the tree of `commit` had a file at `path` (relative to the sub-path). A commit unknown to the clone had
  // not.
  Expected<bool> HeldFile(const Revision& commit, std::string_view path) const;
  // Unknown: the clone does not have it. See CommitReader.
  Expected<CommitOrigin> OriginOf(const BranchMove& move) const;

  // What a git child is told to work on the clone in place. NotFound: there is none.
  Expected<FetchRequest> RequestOfClone() const;

  // For statuses and logs; holds no secret.
  std::string Url() const { return ToString(url_); }
  const std::string& branch() const { return options_.branch; }
  const std::string& path() const { return options_.path; }
  const std::string& state_dir() const { return options_.state_dir; }

 private:
  // The size of a tree that was listed before, so that the next one's is known from what differs.
  struct KnownSize {
    Revision revision;
    std::int64_t files = 0;
  };

  GitRepository(GitRepositoryOptions options, GitUrl url);
  Expected<std::unique_ptr<git::ObjectDatabase>> Open() const;
  struct Comparison {
    git::TreeDiff diff;
    bool complete = false;    // there was nothing to compare with
    std::int64_t before = 0;  // files in `from`
  };
  Expected<Comparison> CompareTrees(const Revision& from, const Revision& to, const KnownSize& known) const;
  bool AtLocalTip(const Revision& in_force) const;
  git::DamageFlag Damage() const { return *damaged_.Lock(); }
  bool NeedsClone() const;
  FetchReport Clone(std::stop_token stop);
  FetchReport Fetch(std::stop_token stop);
  FetchRequest Request(const std::string& directory, bool create) const;
  FetchReport FetchInto(const std::string& directory, bool create, std::stop_token stop);
  Expected<void> Compare(const Revision& in_force, SyncResult& result);
  Expected<SyncResult> Failed(const GitFailure& failure);

  GitRepositoryOptions options_;
  GitUrl url_;
  std::shared_ptr<const git::Library> library_ = std::make_shared<git::Library>();
  git::CloneDirectory clone_;
  GitFetcher fetcher_;
  mutable Guarded<git::DamageFlag> damaged_{std::make_shared<std::atomic<bool>>(false)};  // of the clone in place
  KnownSize known_size_;
  bool recloned_ = false;  // and no Sync has succeeded since
  mutable Guarded<std::string> reason_{"NotSynced"};
};

}  // namespace tinyforge
