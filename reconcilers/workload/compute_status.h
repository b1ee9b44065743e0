// The status of a workload, from what a pass decided and what came of it. Computed here alone, pure, written once a
// pass.
#pragma once

#include <optional>

#include "reconcilers/workload/compute_plan.h"

namespace tinyforge {

// The version that is desired, with the digest of what serves where that came from a registry.
v1::ResolvedSource ResolvedOf(const DesiredState& desired, const ObservedState& observed);

struct StatusInput {
  const v1::Object& object;
  std::int64_t generation = 0;
  Revision revision;
  std::vector<v1::ServiceStatus> services{};  // of a workload with several, see Combine
  const DesiredState* desired = nullptr;      // null: it could not be rendered
  const ObservedState* observed = nullptr;    // null: the Engine could not be asked
  const Decision* decision = nullptr;         // null with either of them
  bool held = false;                          // nothing of the decision was done
  std::string suspended{};                    // why; empty: it is not
  std::vector<const Step*> applied{};         // what was
  std::optional<Error> error;                 // of the pass: rendering, observing or a step
  v1::Status previous;
  SysTime now{};
};

v1::Status ComputeStatus(const StatusInput& input);

// What a person should read in the event list, given the status before and after: a changed Ready reason, the steps
// that were applied, a rollout that began or ended. Nothing when nothing changed.
struct EventInput {
  const ObjectKey& key;
  const v1::Status& before;
  const v1::Status& after;
  const std::vector<const Step*>& applied;
  SysTime now{};
};
std::vector<Event> ComputeEvents(const EventInput& input);

// Kinds of drift that the applied steps mended, and how the last rollout ended; for counting.
std::set<std::string_view> RepairsOf(const EventInput& input);
std::string_view RolloutEnded(const EventInput& input);

}  // namespace tinyforge
