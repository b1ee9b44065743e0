#include "controller/trigger/rhythms.h"

#include <algorithm>
#include <set>
#include <utility>

#include "reconcilers/trigger/next_occurrence.h"

namespace tinyforge {
namespace {

constexpr auto kLongestSleep = std::chrono::hours(1);  // the wall clock may be set meanwhile

// Up to where times have been seen to. After a leap of the clock, or when nobody looked for long, what lies between is
// past.
SysTime SeenUpTo(SysTime looked, SysTime now) {
  const auto leap = now > looked ? now - looked : looked - now;
  return leap > 2 * kLongestSleep ? now : looked;
}

}  // namespace

std::optional<RhythmKey> RhythmOf(const Route& route) {
  const std::string& trigger = std::get<v1::BindingSpec>(route.binding->spec).trigger;
  const v1::TriggerSpec& config = route.config->spec;
  if (config.registry && config.registry->poll_interval > Duration(0))
    return RhythmKey{trigger, PollRhythm{config.registry->poll_interval}};
  if (config.schedule) return RhythmKey{trigger, CronRhythm{config.schedule->cron, config.schedule->time_zone}};
  return std::nullopt;
}

Beat Rhythms::Poll(const RhythmKey& key, SteadyTime now) {
  const Duration interval = std::get<PollRhythm>(key.rhythm).interval;
  auto rhythms = rhythms_.Lock();
  const auto [place, is_new] = rhythms->try_emplace(key);
  Rhythm& rhythm = place->second;
  if (!is_new && rhythm.next_poll > now) return {.again = std::chrono::ceil<Duration>(rhythm.next_poll - now)};
  rhythm.next_poll = now + interval;
  return {.came = !is_new, .again = interval};
}

Beat Rhythms::Schedule(const RhythmKey& key, SysTime now, Calendar& calendar) {
  const auto& [cron, time_zone] = std::get<CronRhythm>(key.rhythm);
  SysTime looked = now;
  {
    auto rhythms = rhythms_.Lock();
    Rhythm& rhythm = rhythms->try_emplace(key, Rhythm{.looked = now}).first->second;
    looked = SeenUpTo(rhythm.looked, now);
    rhythm.looked = std::max(looked, now);
  }
  Beat beat;
  auto next = NextOccurrence(cron, time_zone, looked, calendar);
  if (next && *next && **next <= now) {
    beat = {.came = true, .at = **next};
    next = NextOccurrence(cron, time_zone, now, calendar);
  }
  if (next && *next) beat.again = std::min<Duration>(**next - now, kLongestSleep);
  return beat;
}

void Rhythms::Keep(const RouteTable& table) {
  std::set<RhythmKey> kept;
  for (const auto& [trigger, routes] : table.by_trigger)
    for (const Route& route : routes)
      if (auto key = RhythmOf(route)) kept.insert(*std::move(key));
  std::erase_if(*rhythms_.Lock(), [&](const auto& entry) { return !kept.contains(entry.first); });
}

}  // namespace tinyforge
