// What no service asks for any more: of a service that was removed or renamed, or of another source kind. It serves
// until what is asked for does, and makes room where the two cannot be had at once.
#pragma once

#include <span>
#include <vector>

#include "reconcilers/workload/services.h"

namespace tinyforge {

// Tells each service which of its volumes and paths a container that is leaving still writes: nothing of it is started
// before that has ended.
void MarkLeaving(const ObservedState& leaving, std::vector<ServicePass>& services);

// All stay until each of the services has as many ready as it wants. One that holds what such a service needs alone
// (its name, what it writes, a port or address for which its start was refused) goes as soon as that has its container,
// or for the name its image.
Departures DecideDepartures(const ObservedState& leaving, std::span<const ServicePass> services);

}  // namespace tinyforge
