// Networks that are to be made from another config than they were. The Engine changes nothing of a network, so the
// containers on it leave it, it is made anew, and they join it again: none of them is made anew or restarted, stopped
// ones too, and what they are cut off for is some ten milliseconds.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/workload/services.h"

namespace tinyforge {

// The networks that the services of a pass want, each once.
std::vector<DesiredNetwork> NetworksOf(const std::vector<ServicePass>& services);

// What becomes of the `outdated` ones of a workload whose services are planned.
//
// A network that is made anew is all that its pass changes: the steps of the services make way, so that nothing is
// created on what is about to go. A crash in between leaves containers that lack a network they should be on, which
// the next pass mends as any drift. A network that containers of others are on, that cannot be had, or whose change has
// to wait for a deploy window stays as it is, and what runs on it is looked after as ever; who or what it waits for is
// said.
void PlanNetworks(const std::vector<OutdatedNetwork>& outdated, const PlanContext& context,
                  std::vector<ServicePass>& services);

}  // namespace tinyforge
