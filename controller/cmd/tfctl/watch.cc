#include "controller/cmd/tfctl/watch.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

namespace tinyforge::tfctl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kOutage(30);
constexpr std::chrono::milliseconds kRetry(500);
// Bursts of changes are shown together.
constexpr std::chrono::milliseconds kSettle(50);

void Sleep(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

Expected<void> WatchPath(const Session& session, const std::string& path, const std::function<Expected<bool>(const Json&)>& see) {
  const std::stop_token stop = session.terminal.stop;
  const std::string joint = path.find('?') == std::string::npos ? "?watch=" : "&watch=";
  std::string version;
  Clock::time_point answered = Clock::now();
  while (!stop.stop_requested()) {
    const auto answer = session.client.Get(version.empty() ? path : path + joint + version);
    if (stop.stop_requested()) break;
    if (!answer) {
      const bool may_return = answer.error().kind == ErrorKind::Transient && !version.empty();
      if (!may_return || Clock::now() - answered > kOutage) return answer.error();
      Sleep(stop, kRetry);
      continue;
    }
    answered = Clock::now();
    version = session.client.version();
    const auto enough = see(*answer);
    if (!enough) return enough.error();
    if (*enough) return {};
    if (version.empty()) return Error{ErrorKind::Terminal, "the server cannot be watched; it is older than this tfctl"};
    Sleep(stop, kSettle);
  }
  return {};
}

}  // namespace tinyforge::tfctl
