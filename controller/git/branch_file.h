// Moves a branch of a repository on this machine by its file. Internal to controller/git; lives in the child.
#pragma once

#include <optional>
#include <string>

#include "controller/git/git2.h"
#include "controller/git/git_failure.h"

namespace tinyforge::git {

struct BranchMove {
  git_repository* clone = nullptr;       // holds `to` and all that was pushed before
  git_repository* repository = nullptr;  // whose branch it is; holds `to` too
  std::string reference;                 // "refs/heads/main"
  git_oid to{};
  std::optional<git_oid> from;  // where it must be; empty: it must not be there
  std::string instance;         // see InstanceOf
};

// Compares and swaps under git's own lock file (gitrepository-layout: "<reference>.lock", made whole and put in place
// at once, so that it says whose it is). A kill in the middle leaves that lock; the next move by the same clone knows
// it by the commit in it, which is of this instance and was never published, and takes it away. Synced.
//
// Raced: somebody else holds the lock, or the branch is elsewhere. Empty: done.
std::optional<GitFailure> MoveBranch(const BranchMove& move);

}  // namespace tinyforge::git
