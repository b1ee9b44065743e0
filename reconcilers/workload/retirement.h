// What no slot counts on any more: superseded, surplus and dead containers.
#pragma once

#include "reconcilers/workload/draft.h"

namespace tinyforge {

// Out of sight, drained, down, gone: a step a pass for each. A failed candidate stays as the record, one a slot.
void PlanRetirement(Draft& draft);

}  // namespace tinyforge
