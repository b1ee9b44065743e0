// Keeps two git children from writing into one clone at a time. Internal to controller/git; lives in the child.
#pragma once

#include <optional>
#include <string>

#include "api-types/meta/error.h"
#include "controller/runtime/file.h"

namespace tinyforge::git {

// An flock on a file in the clone's folder, released when the child ends, however it ends. Readers need none: see
// ObjectDatabase.
class CloneLock {
 public:
  // Waits for as long as another child holds it, which its deadline bounds, as this child's bounds the wait.
  static Expected<CloneLock> Take(const std::string& directory);
  void Release() { fd_.reset(); }

 private:
  explicit CloneLock(Fd fd) : fd_(std::move(fd)) {}
  std::optional<Fd> fd_;
};

}  // namespace tinyforge::git
