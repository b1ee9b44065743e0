// The bare clone on disk. `<state-dir>/git` is there only when it is complete and of the configured repository and
// branch; a first or repeated clone grows in `git.new` and takes its place at once when done; what it replaces is kept as
// `git.broken` until the next time. Internal to controller/git.
#pragma once

#include <string>

#include "api-types/meta/error.h"

namespace tinyforge::git {

class CloneDirectory {
 public:
  // `origin` names repository and branch; a clone of another origin is no clone of ours.
  CloneDirectory(std::string state_dir, std::string origin);

  const std::string& path() const { return path_; }
  const std::string& fresh_path() const { return fresh_; }

  bool Complete() const;
  // Makes room for a new clone at fresh_path(), which does not exist afterwards; its parent does.
  Expected<void> PrepareFresh() const;
  // Puts the finished clone from fresh_path() into place. On failure the old one is still, or again, in place.
  Expected<void> Promote() const;

 private:
  std::string origin_;
  std::string path_;
  std::string fresh_;
  std::string broken_;
};

// Removes what a killed fetch leaves behind: lock files, half-written packs, an index without its pack. To be called
// only while nobody fetches into `directory`.
void RemoveLeftovers(const std::string& directory);

// Whether every pack is as long as when it was written (its last bytes are the checksum that its index names). libgit2
// maps packs into memory and does not look again, and a read beyond the end of a shortened one is a SIGBUS: call this
// before reading. Microseconds a pack.
Expected<void> CheckPacks(const std::string& directory);

}  // namespace tinyforge::git
