#include "reconcilers/workload/leaving.h"

#include <algorithm>

#include "reconcilers/workload/release_judge.h"
#include "reconcilers/workload/slots.h"

namespace tinyforge {
namespace {

bool Writes(const DesiredState& desired, const std::string& source) {
  return std::ranges::any_of(desired.containers, [&](const DesiredContainer& d) {
    return std::ranges::any_of(d.spec.mounts,
                               [&](const Mount& m) { return !m.read_only && !source.empty() && m.source == source; });
  });
}

bool WritesTheSame(const ObservedContainer& leaving, const DesiredState& desired) {
  return std::ranges::any_of(leaving.mounts,
                             [&](const ObservedMount& m) { return !m.read_only && Writes(desired, m.source); });
}

bool IsReady(const ServicePass& service) {
  return service.decision.verdict.ready_replicas >= static_cast<int>(service.desired.containers.size());
}

bool MakesRoom(const ObservedContainer& leaving, const ServicePass& service) {
  if (IsReady(service)) return false;
  const DesiredState& desired = service.desired;
  const auto& containers = service.observed.containers;
  const bool made = std::ranges::any_of(
      containers, [&](const ObservedContainer& c) { return IsOfTemplate(c, desired.containers.front()); });
  const bool same_name =
      std::ranges::find(desired.containers, leaving.name, &DesiredContainer::name) != desired.containers.end();
  if (same_name) return made || service.observed.image_id.has_value();
  return made && (WritesTheSame(leaving, desired) || std::ranges::any_of(containers, StartWasRefused));
}

}  // namespace

void MarkLeaving(const ObservedState& leaving, std::vector<ServicePass>& services) {
  for (const ObservedContainer& c : leaving.containers) {
    if (!IsUp(c)) continue;
    for (const ObservedMount& m : c.mounts)
      for (ServicePass& service : services)
        if (!m.read_only && Writes(service.desired, m.source)) service.observed.writers_leaving[m.source] = c.name;
  }
}

Departures DecideDepartures(const ObservedState& leaving, std::span<const ServicePass> services) {
  Departures departures;
  if (std::ranges::all_of(services, IsReady)) return departures;
  for (const ObservedContainer& c : leaving.containers) {
    const bool in_the_way =
        std::ranges::any_of(services, [&](const ServicePass& service) { return MakesRoom(c, service); });
    (in_the_way ? departures.at_once : departures.staying).insert(c.id);
  }
  return departures;
}

}  // namespace tinyforge
