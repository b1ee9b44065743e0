// The record of a rollout: one run of changes, from the first step until the workload is ready, has failed or is
// stopped, or a newer spec takes over.
#pragma once

#include "reconcilers/workload/compute_status.h"

namespace tinyforge {

// Begins, continues or ends status.last_rollout by what this pass decided and did. `input` has desired, observed and
// decision.
void FollowRollout(const StatusInput& input, v1::Status& status);

// Records to be stored: the last rollout, if it moved, and the one before, if it was cut short by a newer spec.
std::vector<v1::RolloutRecord> ChangedRollouts(const EventInput& input);

}  // namespace tinyforge
