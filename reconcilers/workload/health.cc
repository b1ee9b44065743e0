#include "reconcilers/workload/health.h"

#include <algorithm>

#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/trial.h"

namespace tinyforge {
namespace {

HealthVerdict ByTime(const ObservedContainer& c, const ObservedState& observed, Duration healthy_after) {
  const Duration ran = RunningFor(c, observed);
  if (ran >= healthy_after) return {.fitness = Fitness::Proven};
  return {.message = c.name + " must run for " + FormatDuration(healthy_after) + " without a restart",
          .come_back = healthy_after - ran};
}

HealthVerdict ByEngine(const ObservedContainer& c) {
  switch (c.health) {
    case ContainerHealth::Healthy: return {.fitness = Fitness::Proven};
    case ContainerHealth::Unhealthy: return {Fitness::Unhealthy, c.name + " fails its health check", {}};
    case ContainerHealth::Starting:
    case ContainerHealth::None: break;
  }
  return {Fitness::Pending, "waiting for the health check of " + c.name, {}};
}

const ProbeReport* ReportOf(const ObservedContainer& c, const ObservedState& observed) {
  auto found = observed.probes.find(c.id);
  return found == observed.probes.end() ? nullptr : &found->second;
}

HealthVerdict ByProbe(const ObservedContainer& c, const ObservedState& observed) {
  const ProbeReport* report = ReportOf(c, observed);
  if (!report)
    return {Fitness::Unreachable, c.name + " has no address that the controller could probe; use exec or native", {}};
  switch (report->state) {
    case ProbeState::Healthy: return {.fitness = Fitness::Proven};
    case ProbeState::Unhealthy: return {Fitness::Unhealthy, c.name + " is unhealthy: " + report->message, {}};
    case ProbeState::Unreachable: return {Fitness::Unreachable, c.name + " cannot be reached: " + report->message, {}};
    case ProbeState::Unknown: break;
  }
  if (report->message.empty()) return {.message = "waiting for the first probe of " + c.name};
  return {Fitness::Pending, c.name + " is not healthy yet: " + report->message, {}};
}

HealthVerdict ByImpliedProbe(const ObservedContainer& c, const ObservedState& observed, Duration healthy_after) {
  HealthVerdict time = ByTime(c, observed, healthy_after);
  const ProbeReport* report = ReportOf(c, observed);
  if (time.fitness != Fitness::Proven || !report || report->state == ProbeState::Healthy ||
      report->state == ProbeState::Unreachable || report->state == ProbeState::Unhealthy)
    return time;
  if (report->message.empty()) return {.message = "waiting for the first probe of " + c.name};
  return {Fitness::Pending, c.name + " does not listen yet: " + report->message, {}};
}

// Empty: the controller cannot get there.
std::string AddressOf(const ObservedContainer& c, const DesiredContainer& d) {
  if (d.spec.network_mode == "host") return "127.0.0.1";
  for (const NetworkAttachment& n : d.networks) {
    auto found = c.networks.find(n.network);
    if (found != c.networks.end() && !found->second.address.empty()) return found->second.address;
  }
  return {};
}

const DesiredContainer* TemplateOf(const ObservedContainer& c, const DesiredState& desired) {
  auto found = std::ranges::find_if(desired.containers, [&](const DesiredContainer& d) {
    if (IsTrial(c)) return IsTrialOf(c, d);
    return d.role == c.Label(label::kRole) && d.replica == ReplicaOf(c) && IsOfTemplate(c, d);
  });
  return found == desired.containers.end() ? nullptr : &*found;
}

}  // namespace

Duration RunningFor(const ObservedContainer& container, const ObservedState& observed) {
  auto found = observed.ages.find(container.id);
  return found == observed.ages.end() ? Duration(0) : found->second.running.value_or(Duration(0));
}

HealthVerdict JudgeHealth(const ObservedContainer& container, const DesiredContainer& desired,
                          const ObservedState& observed, Duration healthy_after) {
  if (desired.probe && !desired.probe_implied) return ByProbe(container, observed);
  if (container.health != ContainerHealth::None) return ByEngine(container);
  if (desired.probe) return ByImpliedProbe(container, observed, healthy_after);
  return ByTime(container, observed, healthy_after);
}

std::vector<ProbeTarget> ProbeTargets(const DesiredState& desired, const ObservedState& observed) {
  std::vector<ProbeTarget> targets;
  for (const ObservedContainer* c : ClassifyOwnership(observed.containers).owned) {
    if (c->state != ContainerState::Running) continue;
    const DesiredContainer* d = TemplateOf(*c, desired);
    if (!d || !d->probe || (d->probe_implied && c->health != ContainerHealth::None)) continue;
    if (std::string address = AddressOf(*c, *d); !address.empty())
      targets.push_back({c->id, std::move(address), *d->probe});
  }
  return targets;
}

}  // namespace tinyforge
