// What describe says of triggers at work.
#pragma once

#include "api-types/meta/error.h"
#include "controller/cmd/tfctl/json.h"
#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

// The "bound" of a trigger, binding or workload, as a table under "Bindings:" or, of a binding, "Workloads:".
void PrintBound(const Terminal& terminal, const Json& object);

// The newest deliveries of a trigger.
Expected<void> PrintDeliveries(const Session& session, const Json& trigger);

// Base, overrides and what comes of the two.
Expected<void> PrintConfig(const Terminal& terminal, const Json& binding);

// A whole delivery: who sent it, what it said, what came of it for each binding, its headers.
void PrintDelivery(const Terminal& terminal, const Json& delivery);
// The last part of it alone.
void PrintOutcomes(const Terminal& terminal, const Json& delivery);

}  // namespace tinyforge::tfctl
