// A file that one process at a time may hold, and that says who held it last.
#pragma once

#include <string>
#include <utility>

#include "api-types/meta/error.h"
#include "controller/runtime/file.h"

namespace tinyforge {

// An flock: the kernel releases it when the process ends, however it ends. The file stays.
class LockedFile {
 public:
  // Never blocks. `signature` is written after process, host and time. Conflict when another process holds it; the
  // message is what that one wrote.
  static Expected<LockedFile> TryLock(const std::string& path, const std::string& signature);

  // False when somebody removed or replaced the file, so that another process could take the lock as well.
  bool StillHeld() const;

 private:
  LockedFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Fd fd_;
  std::string path_;
};

}  // namespace tinyforge
