// The services of one workload: each is planned by itself, over the containers that bear its role, and what came of
// them is told as one. A workload of one image is one service.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "reconcilers/workload/compute_plan.h"

namespace tinyforge {

// One service in a pass. What no service asks for any more (a service that was removed, or renamed) is one of its own
// that desires nothing, so that its containers go.
struct ServicePass {
  DesiredState desired;
  ObservedState observed{};
  Facts facts{};  // its own, with what a person said of the whole workload
  Decision decision{};
  bool left = false;             // what no service asks for
  std::optional<Error> error{};  // why it could not be planned; it is left as it is
  bool held = false;             // nothing is planned for it: what it has waits for approval to go
};

// Gives each service the containers of its role, with what is known of them. `all` is of the whole workload; what is
// left becomes the last service.
void Divide(ObservedState all, std::vector<ServicePass>& services);

// The facts of a service beside those of its workload: what a person asked of the workload (to stop, to go on, to try
// again) holds for each.
Facts FactsOfService(Facts own, const Facts& workload);

// What a service has to wait for of those planned before it; empty: nothing.
std::string AwaitedOf(const DesiredState& desired, std::span<const ServicePass> before);

// The names of services that the containers of a workload are of and that it does not have.
std::set<std::string> ServicesLeft(const std::vector<ServicePass>& services);

// Takes the containers of those services out of what is planned.
void HoldBack(const std::set<std::string>& left, std::vector<ServicePass>& services);

// What is said of a service that could not be planned: what serves of it goes on serving.
Verdict LeftAlone(const ServicePass& service, const Error& error);

// Nothing is done for it in this pass.
void LeaveAlone(ServicePass& service, Error error);

// When to look again whatever becomes of the services that something was tried for in a pass: what time alone changes
// for the others.
std::optional<Duration> ComeBackOfIdle(const std::vector<ServicePass>& services);

// All services of a pass as one workload, for its status and for applying: the steps of different services never hold
// one another up but where one depends on the other, whose turn is then before; what no service asks for has the last
// turn. The worst verdict speaks, and says of which service.
struct WorkloadView {
  DesiredState desired;
  ObservedState observed;
  Decision decision;
};
WorkloadView Combine(std::vector<ServicePass> services);

// Those of the workload and of the services that are asked for with containers or still have some.
std::set<std::string> FactKeysInUse(const WorkloadView& view);

}  // namespace tinyforge
