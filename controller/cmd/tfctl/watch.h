// Waiting for changes by long poll.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

struct WatchBounds {
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
};

// Calls `see` with the answer of `path` now and after every change, until it says true (enough), fails, the call fails
// or the terminal's stop is requested (success). Waiting when `until` is over. A controller that restarts meanwhile is
// waited for, up to 30 s.
Expected<void> WatchPath(const Session& session, const std::string& path,
                         const std::function<Expected<bool>(const Json&)>& see, const WatchBounds& bounds = {});

}  // namespace tinyforge::tfctl
