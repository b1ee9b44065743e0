// The rules between the fields of a workload whose source is a compose project.
#pragma once

#include <vector>

#include "api-types/v1/validate.h"
#include "api-types/v1/workload.h"

namespace tinyforge::v1 {

// Appends what is wrong; nothing when the source is another.
void ValidateCompose(const WorkloadSpec& spec, std::vector<Problem>& problems);

}  // namespace tinyforge::v1
