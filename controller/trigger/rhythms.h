// When polls and times of triggers come.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "api-types/v1/trigger.h"
#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/ports.h"
#include "reconcilers/trigger/route_table.h"

namespace tinyforge {

// What the routes of one trigger keep time by: those that say the same come together, others apart.
struct PollRhythm {
  Duration interval{0};
  auto operator<=>(const PollRhythm&) const = default;
};
struct CronRhythm {
  std::string cron;
  std::string time_zone;
  auto operator<=>(const CronRhythm&) const = default;
};

struct RhythmKey {
  std::string trigger;
  std::variant<PollRhythm, CronRhythm> rhythm;
  auto operator<=>(const RhythmKey&) const = default;
};

// That of a route, with the overrides of its binding; empty: it keeps none, as one with `pollInterval: 0s`.
std::optional<RhythmKey> RhythmOf(const Route& route);

// Whether something comes now, and when to ask again.
struct Beat {
  bool came = false;
  SysTime at{};                     // of a schedule: the time that came
  std::optional<Duration> again{};  // empty: when the configuration changes
};

// Thread-safe.
class Rhythms {
 public:
  // The first poll comes when the interval is over: what is new in a configuration is looked at for itself.
  Beat Poll(const RhythmKey& key, SteadyTime now);
  // A time that passed while nobody asked (the controller was down, the host slept) is past; a clock that is put back a
  // little repeats none.
  Beat Schedule(const RhythmKey& key, SysTime now, Calendar& calendar);
  // What is known of those that no route keeps is forgotten.
  void Keep(const RouteTable& table);

 private:
  struct Rhythm {
    SteadyTime next_poll{};
    SysTime looked{};  // times up to here are done
  };
  Guarded<std::map<RhythmKey, Rhythm>> rhythms_;
};

}  // namespace tinyforge
