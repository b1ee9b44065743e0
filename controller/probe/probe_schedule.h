// When one target is probed and what its probes add up to. A pure state machine: the time comes in as data.
#pragma once

#include <optional>
#include <string_view>

#include "api-types/meta/time.h"
#include "api-types/v1/workload.h"
#include "controller/probe/probe_outcome.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge::probe {

// When: the first probe at once. Until the first success, 250 ms after the last one began, doubling up to the interval,
// so that a rollout does not wait for a long interval; and at each moment from which on a failure counts. From the
// first success on, at the interval and up to a tenth more, by the container's id. Never two at once.
//
// What counts: a failure that began after the start period and an interval or more after the one that last counted (at
// first: after the first probe), so that quick probes take nothing from the time a container has to boot: without a
// start period that is `retries` intervals. One success is Healthy. `retries` counted failures since the last success
// are Unhealthy, as many that did not reach it in a row are Unreachable; those neither add to the failures nor end
// their row.
class ProbeSchedule {
 public:
  ProbeSchedule(const v1::Healthcheck& check, std::string_view container, SteadyTime now);

  SteadyTime due() const { return due_; }
  const ProbeReport& report() const { return report_; }

  // A probe begins. Ended by Settle or Abandon.
  void Begin(SteadyTime now);
  // It ended. True: the workload must be told, since the state changed; or the message of one that is not Healthy did,
  // at most once an interval.
  bool Settle(const ProbeOutcome& outcome, SteadyTime now);
  // It ended without an outcome; the next is due at `until`.
  void Abandon(SteadyTime until) { due_ = until; }

 private:
  void Fail(const ProbeOutcome& outcome);
  SteadyTime Next();
  SteadyTime FirstToCount() const;
  bool Tells(SteadyTime now);

  const Duration interval_;
  const Duration spaced_;  // the interval and this container's share of jitter
  const Duration start_period_;
  const int retries_;

  SteadyTime due_;
  SteadyTime begun_{};                     // the last probe
  std::optional<SteadyTime> first_begun_;  // the first probe
  std::optional<SteadyTime> counted_;      // when the failure began that last counted since a success
  Duration gap_;                           // to the next probe, until the first success
  bool was_healthy_ = false;
  int failures_ = 0;
  int unreached_ = 0;
  ProbeReport report_;
  ProbeReport told_;
  std::optional<SteadyTime> told_at_;
};

}  // namespace tinyforge::probe
