// Commands after the start of a container (post_start). They are those that it was made with, run once after each start
// of ours, and after one that a crash cut short once more; a restart by the Engine runs none.
#pragma once

#include <optional>

#include "reconcilers/core/facts.h"
#include "reconcilers/workload/health.h"

namespace tinyforge {

struct Draft;

// Whether it is known that those of the container ended well after our last start of it.
bool HooksAreNoted(const ObservedContainer& container, const Facts& facts);

// Whether those of the container have, in whatever state it is; so they have where there are none.
bool HooksEndedWell(const ObservedContainer& container, const ObservedState& observed, const Facts& facts);

// Since when they have, as far as this controller saw it.
std::optional<Duration> SinceHooks(const ObservedContainer& container, const ObservedState& observed, SysTime now);

// What a running container says while its hooks have not ended well: Unhealthy once one failed, Unreachable while what
// says nothing of them is awaited, else Pending. Nothing: they have.
std::optional<HealthVerdict> AwaitedHooks(const ObservedContainer& container, const ObservedState& observed,
                                          const Facts& facts);

// Begins what has not been begun and notes what ended well, for all that run of the service and that no step so far
// starts or ends.
void PlanHooks(Draft& draft);

}  // namespace tinyforge
