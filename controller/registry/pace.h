// How often registries are asked, and when they are left alone.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>

#include "api-types/meta/time.h"
#include "controller/runtime/backoff.h"
#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/image_name.h"

namespace tinyforge::registry {

struct PaceOptions {
  int requests_per_minute = 600;  // of one registry, over time
  int burst = 200;                // at once
  Backoff backoff{std::chrono::seconds(5), std::chrono::minutes(10)};
  Duration longest_pause = std::chrono::hours(1);  // whatever Retry-After says
};

// A failure that is the registry's own.
struct PaceFailure {
  bool of_registry = true;                // false: of this repository alone
  std::optional<Duration> retry_after{};  // as the registry asked
  std::string reason{};                   // for people: the sentence of the error
};

// A budget of requests a registry (a leaky bucket, as the generic cell rate algorithm counts it) and a backoff for a
// registry and for each repository, so that one repository that the registry cannot serve does not hold up its others.
// A call that has begun is never cut off by the budget: what it takes beyond is waited for by the next one.
// Thread-safe; remembers at most 1024 of each.
class Pace {
 public:
  Pace(const Clock& clock, PaceOptions options);

  struct Closed {
    Duration remaining{0};
    SysTime until{};
    std::string reason;
  };
  // Empty: it may be asked now.
  std::optional<Closed> Look(const ImageName& image);
  // A request to its registry, or on its behalf.
  void Spend(const ImageName& image);
  // The registry did its part: an answer, be it a refusal.
  void Succeeded(const ImageName& image);
  void Failed(const ImageName& image, const PaceFailure& failure);

 private:
  struct Gate {
    int failures = 0;  // one after the other
    SteadyTime closed_until{};
    SysTime until{};  // the same, for people
    std::string reason;
  };
  struct State {
    std::map<std::string, Gate> registries;
    std::map<std::string, Gate> repositories;  // "host/path"
    std::map<std::string, SteadyTime> spent;   // by registry: when its budget will be whole again
    std::minstd_rand random;
  };

  SteadyTime& Spent(State& state, const std::string& registry) const;
  void Close(State& state, Gate& gate, const PaceFailure& failure) const;

  const Clock& clock_;
  const PaceOptions options_;
  const std::chrono::nanoseconds interval_;  // between requests, over time
  Guarded<State> state_;
};

}  // namespace tinyforge::registry
