// A slot in which nothing old serves: there shall be one container, up and as desired.
#pragma once

#include "reconcilers/workload/draft.h"

namespace tinyforge {

// Adds to the draft what repairs the slot, or creates its container.
void PlanSteady(Draft& draft, const Slot& slot);

}  // namespace tinyforge
