// Pushing to a repository on this machine. Internal to controller/git; lives in the child.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/git/git2.h"
#include "controller/git/git_failure.h"

namespace tinyforge::git {

struct LocalPush {
  git_repository* clone = nullptr;
  std::string path;       // of the repository
  std::string reference;  // "refs/heads/main"
  git_oid commit{};
  std::vector<git_oid> parents;     // of `commit`; the repository has them
  std::optional<git_oid> expected;  // where `reference` must be; empty: it must not be there
  std::string instance;             // see BranchMove
};

// libgit2's own transport would overwrite what was pushed since the connection began; this one does not: see
// MoveBranch. Nothing of the repository is run: one with a hook that may decline is refused (Declined), as are a branch
// that is checked out and (Credentials) a repository of another user, whose files would be ours afterwards; hooks that
// only tell are passed over. Files are synced, with the permissions of the folder. Empty: it is there.
std::optional<GitFailure> PushLocally(const LocalPush& push);

}  // namespace tinyforge::git
