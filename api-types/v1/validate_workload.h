// The rules of the Workload; see validate.h.
#pragma once

#include <vector>

#include "api-types/v1/validate.h"

namespace tinyforge::v1 {

void ValidateWorkload(const WorkloadSpec& spec, std::vector<Problem>& problems);

}  // namespace tinyforge::v1
