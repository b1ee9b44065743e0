#include "controller/facts/state_lock.h"

#include <chrono>
#include <thread>

namespace tinyforge {
namespace {

constexpr auto kPause = std::chrono::milliseconds(100);

}  // namespace

Expected<LockedFile> LockStateDirectory(const std::string& directory, Duration patience, Logger& log) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (bool first = true;; first = false) {
    auto lock = LockedFile::TryLock(directory + "/lock", "state directory " + directory);
    if (lock || lock.error().kind != ErrorKind::Conflict) return lock;
    if (first) log.Info("waiting for the state directory", {{"holder", lock.error().message}});
    if (std::chrono::steady_clock::now() >= deadline)
      return Error{ErrorKind::Conflict, "the state directory " + directory + " is in use by " + lock.error().message +
                                            "; each controller needs one of its own (--state-dir)"};
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace tinyforge
