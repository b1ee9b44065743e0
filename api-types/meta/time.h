// Time and durations. Wall-clock time appears only in statuses, events and logs; decisions use the steady clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tinyforge {

using SysTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

// RFC 3339 in UTC with milliseconds: "2026-01-02T03:04:05.678Z".
std::string FormatRfc3339(SysTime time);

// RFC 3339 with any fraction (cut to milliseconds) and offset; nothing else.
std::optional<SysTime> ParseRfc3339(std::string_view text);

// Go-style durations as time.ParseDuration reads them ("1h30m", "250ms", "1.5s"), not negative, to the millisecond.
std::optional<Duration> ParseDuration(std::string_view text);

// The shortest such text: "1h30m", "90s" becomes "1m30s", zero is "0s".
std::string FormatDuration(Duration duration);

}  // namespace tinyforge
