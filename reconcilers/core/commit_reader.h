// Who made commits of the config repository.
#pragma once

#include <string>

#include "api-types/meta/object.h"
#include "reconcilers/core/records.h"

namespace tinyforge {

enum class CommitOrigin {
  Unknown,    // the clone does not have them, now
  Tinyforge,  // all were made by a RepoWriter, of whatever instance
  Others
};

// What a push did to a branch.
struct BranchMove {
  std::string branch;  // its name
  Revision from;       // what it pointed to before; empty: not known, or nothing
  Revision to;
};

// Thread-safe. Reads the local clone and asks nobody.
class CommitReader {
 public:
  virtual ~CommitReader() = default;
  // Whose are `to` and what came with it: the commits on its line of first parents that the branch did not have before
  // nor, if it is another one, the watched branch has by now. Only `to` counts when `from` is not known or not in the
  // clone. By their last line alone, see InstanceOf. Another branch that now points into the history of the watched one
  // is Others': a RepoWriter puts none there.
  //
  // A commit is in the clone before a RepoWriter of this host pushes it; others' are once the watched branch was
  // fetched with them.
  virtual CommitOrigin OriginOf(const BranchMove& move) = 0;
  // The watched branch: url, branch, path.
  virtual RepositoryStatus Describe() const = 0;
};

}  // namespace tinyforge
