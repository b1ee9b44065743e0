// tfctl describe, why.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

// Spec, status, conditions, containers, bindings and last events of each object; `what` as in ParseTargets.
int Describe(const Session& session, const std::vector<std::string>& what);

// From the commit, or the delivery and the binding, over the field that differs and the steps to the outcome, and what
// would happen next.
int Why(const Session& session, const std::string& workload);

}  // namespace tinyforge::tfctl
