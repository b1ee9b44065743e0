#include "controller/docker/thread_shield.h"

namespace tinyforge::docker {

void Pause(Duration delay, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, delay, [] { return false; });
}

void LogException(Logger& log, std::string_view thread) noexcept {
  try {
    try {
      throw;
    } catch (const std::exception& error) {
      log.Error("thread of the docker client failed, it goes on",
                {{"thread", std::string(thread)}, {"error", error.what()}});
    } catch (...) {
      log.Error("thread of the docker client failed, it goes on", {{"thread", std::string(thread)}});
    }
  } catch (...) {
    // Without memory for the line the thread goes on all the same.
  }
}

}  // namespace tinyforge::docker
