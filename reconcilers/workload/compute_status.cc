#include "reconcilers/workload/compute_status.h"

#include <algorithm>
#include <array>

#include "reconcilers/workload/decided_image.h"
#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/rollout_record.h"

namespace tinyforge {
namespace {

struct Summary {
  ConditionStatus ready = ConditionStatus::Unknown;
  std::string reason;
  std::string message;
  bool reconciling = false;
  bool stalled = false;
};

std::string_view ReasonOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Transient: return "Retrying";
    case ErrorKind::Waiting: return "Waiting";
    case ErrorKind::Terminal:
    case ErrorKind::Invalid: return "Stalled";
    case ErrorKind::Conflict: return "Conflict";
    case ErrorKind::NotFound: return "NotFound";
  }
  return "Retrying";
}

// One service's error does not hide that another one has failed.
Summary OfError(const Error& error, const Decision* decision) {
  const bool stalled = error.kind == ErrorKind::Terminal || error.kind == ErrorKind::Invalid;
  std::string message = error.message;
  if (decision && decision->verdict.phase == Phase::Failed && message.find(decision->verdict.message) == message.npos)
    message += "; " + decision->verdict.message;
  return {ConditionStatus::False, std::string(ReasonOf(error.kind)), std::move(message), !stalled, stalled};
}

Summary OfVerdict(const Verdict& verdict, int replicas) {
  const std::string count =
      std::to_string(verdict.ready_replicas) + " of " + std::to_string(replicas) + " replicas ready";
  switch (verdict.phase) {
    case Phase::Ready: return {ConditionStatus::True, verdict.reason, count, false, false};
    case Phase::Progressing:
    case Phase::Waiting: return {ConditionStatus::False, verdict.reason, verdict.message, true, false};
    case Phase::Failed:
    case Phase::Stopped: return {ConditionStatus::False, verdict.reason, verdict.message, false, verdict.stalled};
  }
  return {};
}

Summary Summarize(const StatusInput& input) {
  if (input.error) return OfError(*input.error, input.decision);
  if (!input.decision || !input.desired) return {ConditionStatus::Unknown, "Unknown", "not observed yet"};
  return OfVerdict(input.decision->verdict, static_cast<int>(input.desired->containers.size()));
}

ConditionStatus HealthOf(const StatusInput& input, const Summary& summary) {
  if (!input.decision || !input.desired) return ConditionStatus::Unknown;
  if (input.decision->verdict.ready_replicas >= static_cast<int>(input.desired->containers.size()))
    return ConditionStatus::True;
  constexpr std::array<std::string_view, 4> kSick = {"CrashLoopBackOff", "Unhealthy", "ContainerFailed",
                                                     "PostStartFailed"};
  return std::ranges::find(kSick, summary.reason) == kSick.end() ? ConditionStatus::Unknown : ConditionStatus::False;
}

void FillConditions(const StatusInput& input, v1::Status& status) {
  const Summary summary = Summarize(input);
  auto set = [&](std::string_view type, ConditionStatus value, std::string reason, std::string message) {
    SetCondition(status.conditions,
                 {std::string(type), value, std::move(reason), std::move(message), input.generation, input.now});
  };
  auto flag = [](bool value) { return value ? ConditionStatus::True : ConditionStatus::False; };
  set(condition::kReady, summary.ready, summary.reason, summary.message);
  set(condition::kReconciling, flag(summary.reconciling), summary.reconciling ? summary.reason : "UpToDate", "");
  set(condition::kStalled, flag(summary.stalled), summary.stalled ? summary.reason : "NotStalled",
      summary.stalled ? summary.message : "");
  const ConditionStatus health = HealthOf(input, summary);
  set(condition::kHealthy, health, health == ConditionStatus::True ? "Running" : summary.reason, "");
}

// A condition for each kind of warning, gone when there is none.
void FillWarnings(const StatusInput& input, v1::Status& status) {
  for (std::string_view reason : warning::kAll) {
    std::string message;
    for (const Warning& w : input.decision->plan.warnings)
      if (w.reason == reason) message += (message.empty() ? "" : "; ") + w.message;
    if (message.empty())
      RemoveCondition(status.conditions, reason);
    else
      SetCondition(status.conditions, {std::string(reason), ConditionStatus::True,
                                       reason == warning::kPullSecretMissing ? "Missing" : "LeftAlone", message,
                                       input.generation, input.now});
  }
}

// Empty: no version is pinned.
std::string PinsOf(const v1::Status& status, const std::string& workload) {
  std::string pins;
  const auto add = [&](const v1::ResolvedSource& resolved, const std::string& target) {
    if (resolved.set_by == "pin")
      pins += (pins.empty() ? "version " : "; version ") + resolved.tag +
              " is pinned in place of the manifest's; to follow it again: tfctl unpin " + target;
  };
  for (const v1::ServiceStatus& service : status.services) add(service.resolved, workload + "/" + service.name);
  if (status.services.empty() && status.resolved) add(*status.resolved, workload);
  return pins;
}

// What a person said beside the manifest; no condition when nothing.
void FillFacts(const StatusInput& input, v1::Status& status) {
  auto tell = [&](std::string_view type, std::string reason, const std::string& message) {
    if (message.empty()) return RemoveCondition(status.conditions, type);
    SetCondition(status.conditions,
                 {std::string(type), ConditionStatus::True, std::move(reason), message, input.generation, input.now});
  };
  tell("Suspended", "Suspended", input.suspended);
  tell("Pinned", "RolledBack", PinsOf(status, input.object.key.name));
}

void FillInventory(const StatusInput& input, v1::Status& status) {
  status.inventory.clear();
  for (const ObservedContainer* c : ClassifyOwnership(input.observed->containers).owned)
    status.inventory.push_back({"Container", c->name, c->id});
  for (const DesiredNetwork& n : input.desired->networks)
    if (!n.external) status.inventory.push_back({"Network", n.name, ""});
  for (const DesiredVolume& v : input.desired->volumes) status.inventory.push_back({"Volume", v.name, ""});
}

// Of the image that serves, where it came from a registry.
std::string DigestOf(const DesiredState& desired, const ObservedState& observed) {
  for (const ObservedContainer* c : ClassifyOwnership(observed.containers).owned)
    for (const DesiredContainer& d : desired.containers)
      if (d.name == c->name && IsOfTemplate(*c, d)) return tinyforge::DigestOf(c->image);
  return {};
}

const Condition& ReadyOf(const v1::Status& status) {
  static const Condition none;
  const Condition* ready = FindCondition(status.conditions, condition::kReady);
  return ready ? *ready : none;
}

// Empty: it mended no drift. What is missing of a spec never seen before was never there.
std::string_view RepairOf(const Step& step, bool same_spec) {
  const std::string_view cause = step.cause;
  if (std::holds_alternative<action::Create>(step.action) && IsAlteredCause(cause)) return "template";
  for (std::string_view kind : {"name", "state", "limits", "networks"})
    if (cause.starts_with("drift: " + std::string(kind))) return kind;
  const bool missing = cause.ends_with(" is missing") || cause.ends_with(" was killed");
  return missing && same_spec ? "missing" : std::string_view();
}

bool SameSpec(const EventInput& input) {
  return input.before.observed_generation == input.after.observed_generation && input.before.last_rollout;
}

v1::Status StatusOfPass(const StatusInput& input) {
  v1::Status status = input.previous;
  status.observed_generation = input.generation;
  status.revision = input.revision;
  FillConditions(input, status);
  if (!input.desired) return status;
  status.replicas = static_cast<int>(input.desired->containers.size());
  status.services = input.services;
  status.resolved = ResolvedOf(*input.desired, input.observed ? *input.observed : ObservedState());
  if (!input.observed || !input.decision) return status;
  status.ready_replicas = input.decision->verdict.ready_replicas;
  FillFacts(input, status);
  FillInventory(input, status);
  FillWarnings(input, status);
  if (!input.held) FollowRollout(input, status);
  return status;
}

}  // namespace

v1::ResolvedSource ResolvedOf(const DesiredState& desired, const ObservedState& observed) {
  const std::string& version = desired.version;  // "1.4.2 by manifest"
  return {.tag = version.substr(0, version.find(' ')),
          .digest = DigestOf(desired, observed),
          .set_by = version.substr(version.rfind(' ') + 1)};
}

v1::Status ComputeStatus(const StatusInput& input) {
  v1::Status status = StatusOfPass(input);
  if (input.decision) return status;
  // Nobody looked at them: what is true of the workload is true of each.
  for (v1::ServiceStatus& service : status.services) {
    service.ready = false;
    service.reason = ReadyOf(status).reason;
    service.message = ReadyOf(status).message;
  }
  return status;
}

std::vector<Event> ComputeEvents(const EventInput& input) {
  std::vector<Event> events;
  auto add = [&](Event::Type type, std::string reason, std::string message) {
    events.push_back({.time = input.now,
                      .type = type,
                      .object = ToString(input.key),
                      .reason = std::move(reason),
                      .message = std::move(message)});
  };
  for (const Step* step : input.applied) add(Event::Type::Normal, "Applied", ToString(*step));
  for (std::string_view reason : warning::kAll) {
    const Condition* was = FindCondition(input.before.conditions, reason);
    const Condition* is = FindCondition(input.after.conditions, reason);
    if (is && (!was || was->message != is->message)) add(Event::Type::Warning, std::string(reason), is->message);
  }
  const Condition& before = ReadyOf(input.before);
  const Condition& after = ReadyOf(input.after);
  if (before.status == after.status && before.reason == after.reason && before.message == after.message) return events;
  const bool bad = after.status == ConditionStatus::False &&
                   FindCondition(input.after.conditions, condition::kReconciling)->status != ConditionStatus::True;
  add(bad ? Event::Type::Warning : Event::Type::Normal, after.reason, after.message);
  return events;
}

std::set<std::string_view> RepairsOf(const EventInput& input) {
  std::set<std::string_view> repairs;
  for (const Step* step : input.applied) repairs.insert(RepairOf(*step, SameSpec(input)));
  repairs.erase("");
  return repairs;
}

std::string_view RolloutEnded(const EventInput& input) {
  const auto& before = input.before.last_rollout;
  const auto& after = input.after.last_rollout;
  if (!before || !after || before->outcome != "InProgress" || after->outcome == before->outcome) return {};
  return after->outcome == "Succeeded" ? "succeeded" : "failed";
}

}  // namespace tinyforge
