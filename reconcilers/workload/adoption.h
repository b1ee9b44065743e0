// Taking over what docker compose started (source.compose.adopt). No label can be given to a container that is there:
// whose it is stands in the facts, by its id, as the labels that it counts as bearing, and from then on it is a
// container like any other. One whose fields are those of its service bears the hash of the service's template, so that
// it is kept; any other bears none, so that it is replaced, by the usual rollout.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/workload/services.h"
#include "reconcilers/workload/workload_ports.h"

namespace tinyforge {

struct Adopting {
  Plan plan;                                  // one step a container; the warnings tell who is left alone, and why
  std::vector<ObservedContainer> containers;  // as they count once that was done

  // Before the steps that come after it.
  void JoinInto(Plan& rest) &&;
};

class Adoption {
 public:
  // All arguments are kept by reference and must outlive this. `context` is of the whole workload.
  Adoption(const WorkloadPorts& ports, const PlanContext& context) : ports_(ports), context_(context) {}

  // What is to be taken over; nothing where that was not asked for. What docker compose started of a service after
  // containers of ours is left alone. Terminal when a volume, or what is mounted, of a live container would be another
  // or none, so that data would be lost from sight: then nothing is to be done at all, or, where the workload has
  // containers already, nothing of that service, which is unready then. What is anonymous goes over to the replacement,
  // and what was mounted read-only may become a file that is written for the service.
  Expected<Adopting> Look(std::vector<ServicePass>& services) const;

  // Which networks of docker compose are used as if they were ours: those of a project that is or was taken over, and,
  // should that be forgotten, those that containers of ours are on. The services are observed.
  void ClaimNetworks(std::vector<ServicePass>& services) const;

  // Before a workload has its first container: Conflict when containers of the project are there for its services and
  // not to be taken over. Later each service is by itself, and left alone while it has none and those run. The services
  // are planned.
  Expected<void> CheckInTheWay(std::vector<ServicePass>& services) const;

 private:
  struct Found {
    ServicePass* service = nullptr;
    std::vector<ObservedContainer> ours;
    std::vector<ObservedContainer> strangers;
    std::string moved;   // of their mounts
    bool known = false;  // what runs of it is known to be ours, so whatever else there is came or was left beside it
  };
  Expected<std::vector<Found>> Sort(std::vector<ServicePass>& services, Plan& plan) const;
  static std::string WhyLeftAlone(const ObservedContainer& container, const Found* of);
  Expected<void> Assign(Found found, Adopting& adopting) const;
  ObservedContainer AsOurs(ObservedContainer container, const DesiredState& desired) const;
  bool IsSameImage(const ObservedContainer& container, const DesiredState& desired) const;

  const WorkloadPorts& ports_;
  const PlanContext& context_;
};

// What a pass is that takes over, and nothing else before it is known whose the containers are: the next pass goes on
// from there.
void AdoptFirst(Plan plan, std::vector<ServicePass>& services);

// An adopted container that is kept keeps its name: its service asks for that as long as it is there. A name that is
// another replica's gives way to its own.
void KeepAdoptedNames(ServicePass& service);

}  // namespace tinyforge
