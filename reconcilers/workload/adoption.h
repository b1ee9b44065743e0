// Taking over what docker compose started (source.compose.adopt). No label can be given to a container that is there:
// whose it is stands in the facts, by its id, as the labels that it counts as bearing, and from then on it is a
// container like any other. One whose fields are those of its service bears the hash of the service's template, so that
// it is kept; any other bears none, so that it is replaced, by the usual rollout.
#pragma once

#include <map>
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

  // What is to be taken over; nothing where that was not asked for. Terminal when a volume, or what is mounted, of a
  // live container would be another or none, so that data would be lost from sight: then nothing is to be done at all.
  // What is anonymous goes over to the replacement, and what was mounted read-only may become a file that is written
  // for the service.
  Expected<Adopting> Look(const std::vector<ServicePass>& services) const;

  // Which networks of docker compose are used as if they were ours: those of a project that is or was taken over, and,
  // should that be forgotten, those that containers of ours are on. The services are observed.
  void ClaimNetworks(std::vector<ServicePass>& services) const;

  // Before anything is created: Conflict when containers of the project are there for these services and not to be
  // taken over.
  Expected<void> CheckInTheWay(const std::vector<ServicePass>& services) const;

 private:
  using Found = std::map<const DesiredState*, std::vector<ObservedContainer>>;
  Expected<Found> Sort(std::vector<ObservedContainer> strangers, const std::vector<ServicePass>& services,
                       Plan& plan) const;
  Expected<void> Assign(const DesiredState& desired, std::vector<ObservedContainer> found, Adopting& adopting) const;
  ObservedContainer AsOurs(ObservedContainer container, const DesiredState& desired) const;
  bool IsSameImage(const ObservedContainer& container, const DesiredState& desired) const;

  const WorkloadPorts& ports_;
  const PlanContext& context_;
};

// What a pass is that takes over, and nothing else before it is known whose the containers are: the next pass goes on
// from there.
void AdoptFirst(Plan plan, std::vector<ServicePass>& services);

// An adopted container that is kept keeps its name: its service asks for that as long as it is there.
void KeepAdoptedNames(ServicePass& service);

}  // namespace tinyforge
