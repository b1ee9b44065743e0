#include "controller/cmd/tfctl/watch.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

namespace tinyforge::tfctl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kOutage(30);
constexpr std::chrono::milliseconds kPoll(30'000);
constexpr std::chrono::milliseconds kRetry(500);
// Bursts of changes are shown together.
constexpr std::chrono::milliseconds kSettle(50);

std::string WatchQuery(const std::string& path, const std::string& version, Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
  const auto timeout = std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(1), kPoll);
  return (path.find('?') == std::string::npos ? "?watch=" : "&watch=") + version +
         "&timeout=" + FormatDuration(timeout);
}

void Sleep(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

Expected<void> WatchPath(const Session& session, const std::string& path,
                         const std::function<Expected<bool>(const Json&)>& see, const WatchBounds& bounds) {
  const std::stop_token stop = session.terminal.stop;
  std::string version;
  Clock::time_point answered = Clock::now();
  while (!stop.stop_requested()) {
    const auto answer = session.client.Get(version.empty() ? path : path + WatchQuery(path, version, bounds.until));
    if (stop.stop_requested()) break;
    if (answer) {
      answered = Clock::now();
      version = session.client.version();
      const auto enough = see(*answer);
      if (!enough) return enough.error();
      if (*enough) return {};
      if (version.empty())
        return Error{ErrorKind::Terminal, "the server cannot be watched; it is older than this tfctl"};
    } else if (answer.error().kind != ErrorKind::Transient || version.empty() || Clock::now() - answered > kOutage) {
      return answer.error();
    }
    if (Clock::now() >= bounds.until) return Error{ErrorKind::Waiting, "timed out"};
    Sleep(stop, answer ? kSettle : kRetry);
  }
  return {};
}

}  // namespace tinyforge::tfctl
