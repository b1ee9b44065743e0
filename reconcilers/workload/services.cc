#include "reconcilers/workload/services.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "reconcilers/workload/compute_status.h"
#include "reconcilers/workload/hooks.h"
#include "reconcilers/workload/leaving.h"
#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/sharing.h"
#include "reconcilers/workload/slots.h"
#include "reconcilers/workload/trial.h"

namespace tinyforge {
namespace {

// Of one image: all but what is of a role that it had under another source.
bool IsOf(const ServicePass& service, const ObservedContainer& container) {
  const std::string_view role = ServiceOf(container);
  if (!service.desired.service.empty()) return service.desired.service == role;
  const auto& wanted = service.desired.containers;
  return wanted.empty() || role.empty() || std::ranges::find(wanted, role, &DesiredContainer::role) != wanted.end();
}

const std::string kRoleOfOne = DesiredContainer().role;

// A container with what is known of it goes from one to the other.
void Move(ObservedContainer& container, ObservedState& from, ObservedState& to) {
  if (auto age = from.ages.extract(container.id)) to.ages.insert(std::move(age));
  if (auto probe = from.probes.extract(container.id)) to.probes.insert(std::move(probe));
  if (auto hooks = from.hooks.extract(container.id)) to.hooks.insert(std::move(hooks));
  to.containers.push_back(std::move(container));
}

bool WasStarted(const ServicePass& service) {
  const auto started = [&](const ObservedContainer& c) {
    return (IsUp(c) || c.started != SysTime{}) && HooksEndedWell(c, service.observed, service.facts);
  };
  return std::ranges::any_of(service.observed.containers, started) || service.decision.verdict.ready_replicas > 0;
}

// Empty: it is so.
std::string_view StillNeeds(const ServicePass& service, ServiceCondition condition) {
  switch (condition) {
    case ServiceCondition::Started: return WasStarted(service) ? "" : " to be started";
    case ServiceCondition::Healthy: return service.decision.verdict.ready_replicas > 0 ? "" : " to be healthy";
    case ServiceCondition::Completed: return !service.decision.done.empty() ? "" : " to complete";
  }
  return {};
}

const ServicePass* FindBefore(std::span<const ServicePass> before, std::string_view name) {
  const auto on = std::ranges::find(before, name, [](const ServicePass& s) { return s.desired.service; });
  return on == before.end() ? nullptr : &*on;
}

bool Holds(const ServiceDependency& dependency, std::span<const ServicePass> before) {
  const ServicePass* on = FindBefore(before, dependency.service);
  return on && StillNeeds(*on, dependency.condition).empty();
}

// Whether what is asked of a service may come true with time alone: it is on its way, or waits for those that are.
bool MayCome(const ServicePass& service, std::span<const ServicePass> before) {
  const Verdict& verdict = service.decision.verdict;
  if (verdict.phase >= Phase::Failed || verdict.stalled) return false;
  if (verdict.phase != Phase::Waiting || verdict.reason == "PullingImage") return true;
  if (verdict.reason != "DependencyNotReady") return false;
  return std::ranges::all_of(service.desired.after, [&](const ServiceDependency& dependency) {
    const ServicePass* on = FindBefore(before, dependency.service);
    return !dependency.required || Holds(dependency, before) || (on && MayCome(*on, before));
  });
}

int CountServing(const ServicePass& service) {
  const auto owned = ClassifyOwnership(service.observed.containers).owned;
  const auto serves = [](const ObservedContainer* c) {
    return c->state == ContainerState::Running && c->health != ContainerHealth::Unhealthy && !IsTrial(*c);
  };
  return static_cast<int>(
      std::min<std::ptrdiff_t>(std::ranges::count_if(owned, serves), std::ssize(service.desired.containers)));
}

// The networks and volumes that several services use are named once.
template <typename T, typename Same>
void AddNew(std::vector<T>& all, std::vector<T>& some, Same same) {
  for (T& one : some)
    if (std::ranges::none_of(all, [&](const T& known) { return same(known, one); })) all.push_back(std::move(one));
}

void Append(DesiredState& all, DesiredState& some) {
  std::ranges::move(some.containers, std::back_inserter(all.containers));
  AddNew(all.networks, some.networks, [](const auto& a, const auto& b) { return a.name == b.name; });
  AddNew(all.volumes, some.volumes, [](const auto& a, const auto& b) { return a.name == b.name; });
}

void Append(ObservedState& all, ObservedState& some) {
  std::ranges::move(some.containers, std::back_inserter(all.containers));
  all.ages.merge(some.ages);
  all.probes.merge(some.probes);
  all.hooks.merge(some.hooks);
}

// The services in the order of their planning: each has a lane of its own, in the turn after those of all that it
// depends on by any path and that have steps.
class Sequence {
 public:
  StepOrder Next(const ServicePass& service) {
    int turn = 0;
    for (const ServiceDependency& dependency : service.desired.after)
      if (const auto on = after_.find(dependency.service); on != after_.end()) turn = std::max(turn, on->second);
    if (service.desired.containers.empty()) turn = last_;
    const int after = service.decision.plan.empty() ? turn : turn + 1;
    last_ = std::max(last_, after);
    after_.insert_or_assign(service.desired.service, after);
    return {.turn = turn, .lane = lanes_++};
  }

 private:
  std::map<std::string, int, std::less<>> after_;  // by service: the first turn after its own
  int last_ = 0;
  int lanes_ = 0;
};

// A lane has groups of its own.
void Append(Plan& all, Plan& some, const StepOrder& order) {
  for (Step& step : some.steps) {
    step.order = order;
    all.steps.push_back(std::move(step));
  }
  std::ranges::move(some.warnings, std::back_inserter(all.warnings));
}

void Append(Verdict& all, Verdict& some, const std::string& service) {
  all.ready_replicas += some.ready_replicas;
  all.stalled = all.stalled || some.stalled;
  if (some.come_back) all.come_back = std::min(all.come_back.value_or(*some.come_back), *some.come_back);
  if (some.phase <= all.phase) return;
  all.phase = some.phase;
  all.reason = std::move(some.reason);
  all.message = service.empty() ? std::move(some.message) : service + ": " + some.message;
}

v1::ServiceStatus StatusOf(const ServicePass& service) {
  const DesiredState& desired = service.desired;
  const Verdict& verdict = service.decision.verdict;
  const bool ready = verdict.phase == Phase::Ready && service.decision.plan.empty();
  return {.name = desired.service,
          .image = desired.image,
          .resolved = ResolvedOf(desired, service.observed),
          .replicas = static_cast<int>(desired.containers.size()),
          .ready_replicas = verdict.ready_replicas,
          .ready = ready,
          .reason = verdict.reason,
          .message = ready ? "" : verdict.message};
}

// What a person asked of the workload as a whole, or an error in it, is said of none of its services.
bool IsOfWorkload(const std::string& reason) {
  return reason == "Suspended" || reason == "ReadOnly" || reason == "Stopped";
}

}  // namespace

void Divide(ObservedState all, std::vector<ServicePass>& services) {
  ServicePass left{.desired = {.workload = services.empty() ? "" : services.front().desired.workload}, .left = true};
  for (ObservedContainer& c : all.containers) {
    const auto service = std::ranges::find_if(services, [&](const ServicePass& s) { return IsOf(s, c); });
    Move(c, all, service == services.end() ? left.observed : service->observed);
  }
  MarkLeaving(left.observed, services);
  for (ServicePass& service : services) {
    for (const std::string& source : service.desired.exclusive_sources)
      if (const auto writer = all.writers_elsewhere.find(source); writer != all.writers_elsewhere.end())
        service.observed.writers_elsewhere.insert(*writer);
    for (const DesiredFile& file : service.desired.files)
      if (const auto written = all.written_files.find(file.host_path); written != all.written_files.end())
        service.observed.written_files.insert(*written);
  }
  if (!left.observed.containers.empty()) services.push_back(std::move(left));
  MarkShared(services);
}

Facts FactsOfService(Facts own, const Facts& workload) {
  own.suspended = workload.suspended;
  own.stopped = workload.stopped;
  own.stop_began = workload.stop_began;
  if (workload.remake && (!own.remake || own.remake->at < workload.remake->at)) own.remake = workload.remake;
  own.retried = std::max(own.retried, workload.retried);
  std::erase_if(own.failed, [&](const FailedRelease& f) { return f.at <= own.retried; });
  return own;
}

std::string AwaitedOf(const DesiredState& desired, std::span<const ServicePass> before) {
  std::string text;
  for (const ServiceDependency& dependency : desired.after) {
    const ServicePass* on = FindBefore(before, dependency.service);
    if (on && !dependency.required && !MayCome(*on, before)) continue;
    const std::string_view needs = on ? StillNeeds(*on, dependency.condition) : " to be planned";
    if (!needs.empty()) text += (text.empty() ? "waiting for " : ", ") + dependency.service + std::string(needs);
  }
  if (const std::string leaving = LeavingOf(desired, before); !leaving.empty())
    text += (text.empty() ? "waiting for " : ", ") + leaving;
  return text;
}

std::set<std::string> ServicesLeft(const std::vector<ServicePass>& services) {
  std::set<std::string_view> described;
  for (const ServicePass& service : services)
    if (!service.desired.service.empty()) described.insert(service.desired.service);
  if (described.empty()) described.insert(kRoleOfOne);
  std::set<std::string> left;
  for (const ServicePass& service : services)
    for (const ObservedContainer* c : ClassifyOwnership(service.observed.containers).owned)
      if (!described.contains(ServiceOf(*c))) left.emplace(ServiceOf(*c));
  return left;
}

void HoldBack(const std::set<std::string>& left, std::vector<ServicePass>& services) {
  const auto waits = [&](const ObservedContainer& c) { return left.contains(std::string(ServiceOf(c))); };
  for (ServicePass& service : services) {
    service.held = service.left;
    if (!service.held) std::erase_if(service.observed.containers, waits);
  }
}

Verdict LeftAlone(const ServicePass& service, const Error& error) {
  const bool stalled = error.kind == ErrorKind::Terminal || error.kind == ErrorKind::Invalid;
  return {.phase = stalled ? Phase::Failed : Phase::Waiting,
          .reason = stalled ? "Stalled" : "Waiting",
          .message = error.message,
          .ready_replicas = CountServing(service),
          .stalled = stalled};
}

void LeaveAlone(ServicePass& service, Error error) {
  service.decision = {.plan = {}, .verdict = LeftAlone(service, error), .proven = {}};
  service.error = std::move(error);
}

std::optional<Duration> ComeBackOfIdle(const std::vector<ServicePass>& services) {
  std::optional<Duration> soonest;
  if (services.size() == 1) return soonest;
  for (const ServicePass& service : services) {
    const auto& again = service.decision.verdict.come_back;
    if (service.error || !service.decision.plan.empty() || !again) continue;
    soonest = std::min(soonest.value_or(*again), *again);
  }
  return soonest;
}

WorkloadView Combine(std::vector<ServicePass> services) {
  WorkloadView all;
  for (const ServicePass& service : services)
    if (!service.desired.service.empty()) all.services.push_back(StatusOf(service));
  std::ranges::sort(all.services, {}, &v1::ServiceStatus::name);
  if (services.size() == 1)
    return {std::move(services.front().desired), std::move(services.front().observed),
            std::move(services.front().decision), std::move(all.services)};
  Sequence sequence;
  for (ServicePass& service : services) {
    const StepOrder order = sequence.Next(service);
    if (all.desired.workload.empty() && service.desired.service.empty()) {
      all.desired = service.desired;  // of one image, beside what it leaves
      service.desired = {};
    } else if (all.desired.workload.empty()) {
      all.desired.workload = service.desired.workload;
      all.desired.source_kind = service.desired.source_kind;
      all.desired.version = service.desired.source_kind + " by manifest";
    }
    Append(all.decision.verdict, service.decision.verdict, service.desired.service);
    Append(all.decision.plan, service.decision.plan, order);
    Append(all.desired, service.desired);
    Append(all.observed, service.observed);
  }
  return all;
}

v1::Status StatusOfService(v1::Status status, const std::string& service) {
  const auto found = std::ranges::find(status.services, service, &v1::ServiceStatus::name);
  if (service.empty() || found == status.services.end()) return status;
  status.resolved = found->resolved;
  status.ready_replicas = found->ready_replicas;
  for (Condition& condition : status.conditions) {
    if (condition.type != condition::kReady || IsOfWorkload(condition.reason)) continue;
    condition.status = found->ready ? ConditionStatus::True : ConditionStatus::False;
    condition.reason = found->reason;
    condition.message = found->message;
  }
  auto& rollout = status.last_rollout;
  if (rollout && rollout->outcome == "Failed") rollout->to = {found->resolved.tag, found->image, ""};
  return status;
}

std::set<std::string> FactKeysInUse(const WorkloadView& view) {
  const std::string& workload = view.desired.workload;
  std::set<std::string> keys = {workload};
  for (const DesiredContainer& c : view.desired.containers) keys.insert(workload + "." + c.role);
  for (const ObservedContainer& c : view.observed.containers) keys.insert(workload + "." + std::string(ServiceOf(c)));
  return keys;
}

}  // namespace tinyforge
