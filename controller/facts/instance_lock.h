// Keeps two controllers with one instance id from driving one Engine.
#pragma once

#include <string>

#include "api-types/meta/error.h"
#include "controller/runtime/file.h"

namespace tinyforge {

struct InstanceLockKey {
  std::string directory;  // one for all controllers of the machine, "/run/tinyforge"; created when missing
  std::string engine_id;
  std::string instance;
};

// An flock on <directory>/<hash of engine id and instance>.lock. The kernel releases it when the process ends, however
// it ends. The file stays and says who held it last.
class InstanceLock {
 public:
  // Never blocks. Conflict when another one holds it; the message says who: process, host and since when.
  static Expected<InstanceLock> TryLock(const InstanceLockKey& key);

  // False when somebody removed or replaced the file, so that another controller could take the lock as well. Then stop
  // changing things and lock again.
  bool StillHeld() const;

 private:
  InstanceLock(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Fd fd_;
  std::string path_;
};

}  // namespace tinyforge
