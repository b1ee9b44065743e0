#include "reconcilers/config/deploy_window.h"

#include <algorithm>

namespace tinyforge {
namespace {

using std::chrono::minutes;

constexpr auto kLookAhead = std::chrono::hours(8 * 24);

// The first time from `from` on, up to `to`, at which the window opens: minute by minute, since a zone may skip and
// repeat hours.
Expected<std::optional<SysTime>> NextOpening(const v1::DeployWindow& window, SysTime from, SysTime to,
                                             Calendar& calendar) {
  auto cron = v1::Cron::Parse(window.cron);
  if (!cron) return Error{ErrorKind::Terminal, "spec.rollout.windows: cron: " + cron.error().message};
  for (SysTime at = from; at <= to; at += minutes(1)) {
    auto local = calendar.At(at, window.time_zone);
    if (!local) return Error{ErrorKind::Terminal, "spec.rollout.windows: " + local.error().message};
    if (cron->Matches(*local)) return std::optional(at);
  }
  return std::optional<SysTime>();
}

}  // namespace

Expected<WindowState> LookAtWindows(const std::vector<v1::DeployWindow>& windows, SysTime now, Calendar& calendar) {
  WindowState state{.open = windows.empty()};
  const SysTime minute = std::chrono::floor<minutes>(now);
  for (const v1::DeployWindow& window : windows) {
    const SysTime oldest = std::chrono::floor<minutes>(now - window.duration) + minutes(1);
    auto opened = NextOpening(window, oldest, minute, calendar);
    if (!opened) return std::move(opened).error();
    if (*opened) return WindowState{};
    auto opens = NextOpening(window, minute + minutes(1), state.opens.value_or(minute + kLookAhead), calendar);
    if (!opens) return std::move(opens).error();
    if (*opens) state.opens = *opens;
  }
  return state;
}

}  // namespace tinyforge
