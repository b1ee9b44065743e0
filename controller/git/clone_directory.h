// The bare clone on disk. `<state-dir>/git` is a link to a folder `git-XXXXXX` beside it and is there only when that
// clone is complete and of the configured repository and branch. A first or repeated clone grows in a folder of its own
// and takes its place at once by replacing the link; the one before stays until the next. Internal to controller/git.
#pragma once

#include <string>

#include "api-types/meta/error.h"

namespace tinyforge::git {

class CloneDirectory {
 public:
  // `origin` names repository and branch; a clone of another origin is no clone of ours.
  CloneDirectory(std::string state_dir, std::string origin);

  // The folder of the clone in place, links resolved: libgit2 shares what it has open by path, so a new clone must
  // never have the path of an old one. NotFound: there is none of this origin.
  Expected<std::string> Current() const;
  // An empty folder for a new clone, after the remains of earlier ones were removed.
  Expected<std::string> PrepareFresh() const;
  // Puts the finished clone in `fresh` into place. On failure the old one is still there.
  Expected<void> Promote(const std::string& fresh) const;

 private:
  std::string state_dir_;
  std::string origin_;
  std::string link_;
};

// Removes what a killed fetch leaves behind: lock files, half-written packs, an index without its pack. To be called
// only while nobody fetches into `directory`.
void RemoveLeftovers(const std::string& directory);

// Whether every pack is as long as when it was written (its last bytes are the checksum that its index names). libgit2
// maps packs into memory and does not look again, and a read beyond the end of a shortened one is a SIGBUS: call this
// before reading. Microseconds a pack.
Expected<void> CheckPacks(const std::string& directory);

}  // namespace tinyforge::git
