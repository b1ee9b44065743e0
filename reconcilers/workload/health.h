// How a running container fares, from whichever source its workload has (design 4.4): what the manifest asks for, else
// the image's own HEALTHCHECK, else a tcp probe of the first declared port, else time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/core/ports.h"

namespace tinyforge {

enum class Fitness {
  Proven,       // it may serve
  Unknown,      // not looked at for long enough since this controller began
  Pending,      // looked at and not ready yet
  Unreachable,  // the controller cannot get at it, or its hooks wait for others: it says nothing about the release
  Unhealthy,    // its health check says so
};

struct HealthVerdict {
  Fitness fitness = Fitness::Unknown;
  std::string message;                // what is awaited or wrong
  std::optional<Duration> come_back;  // when time alone changes the answer
  std::string_view reason{};          // of Unhealthy and Unreachable, PascalCase; empty: its health check says so
};

// Of a container in state Running; restarts are not looked at. An implied probe is waited for until its first verdict
// and never speaks against a container: who declares a port need not have it open. Beside it the container must have
// run for `healthy_after`.
HealthVerdict JudgeHealth(const ObservedContainer& container, const DesiredContainer& desired,
                          const ObservedState& observed, Duration healthy_after);

// What the controller has to probe: running containers made from the present template, where it can get at them.
std::vector<ProbeTarget> ProbeTargets(const DesiredState& desired, const ObservedState& observed);

// How long it has run without a restart; zero: it does not.
Duration RunningFor(const ObservedContainer& container, const ObservedState& observed);

}  // namespace tinyforge
