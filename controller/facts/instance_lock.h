// Keeps two controllers with one instance id from driving one Engine.
#pragma once

#include <string>
#include <utility>

#include "api-types/meta/error.h"
#include "controller/facts/locked_file.h"

namespace tinyforge {

struct InstanceLockKey {
  std::string directory;  // one for all controllers of the machine, "/run/tinyforge"; created when missing
  std::string engine_id;
  std::string instance;
};

// A LockedFile <directory>/<hash of engine id and instance>.lock.
class InstanceLock {
 public:
  // Never blocks. Conflict when another one holds it; the message says who: process, host and since when.
  static Expected<InstanceLock> TryLock(const InstanceLockKey& key);

  // False when somebody removed or replaced the file, so that another controller could take the lock as well. Then stop
  // changing things and lock again.
  bool StillHeld() const { return file_.StillHeld(); }

 private:
  explicit InstanceLock(LockedFile file) : file_(std::move(file)) {}

  LockedFile file_;
};

}  // namespace tinyforge
