// A slot in which an old container serves: its rollout, a step a pass, by whichever strategy.
#pragma once

#include "reconcilers/workload/draft.h"

namespace tinyforge {

// Adds the next steps to the draft: the candidate is created, started, proven and takes over, or its release fails and
// the old one stays. The old one is left for PlanRetirement.
void PlanReplacement(Draft& draft, const Slot& slot);

}  // namespace tinyforge
