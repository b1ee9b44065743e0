#include "reconcilers/workload/rollout_record.h"

#include <algorithm>

#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/slots.h"
#include "reconcilers/workload/trial.h"

namespace tinyforge {
namespace {

constexpr std::size_t kStepsKept = 40;
constexpr std::string_view kInProgress = "InProgress";

// "1.4.2@sha256:… by manifest" -> "1.4.2"
std::string ForPeople(std::string_view version) {
  return std::string(version.substr(0, version.find_first_of("@ ")));
}

// Of what serves, else of the newest container that runs; empty: none does. `service`: of that one alone, empty: of
// all.
v1::RolloutVersion Running(const StatusInput& input, const std::string& service = "") {
  const ObservedContainer* best = nullptr;
  bool serves = false;
  for (const ObservedContainer* c : ClassifyOwnership(input.observed->containers).owned) {
    const bool named = std::ranges::any_of(input.desired->containers, [&](const auto& d) { return d.name == c->name; });
    if (!IsUp(*c) || IsTrial(*c) || (serves && !named) || (!service.empty() && ServiceOf(*c) != service)) continue;
    best = c;
    serves = named;
  }
  if (!best) return {};
  return {ForPeople(best->Label(label::kVersion)), best->image, best->image_id};
}

// Of several services those that get another version are told: "api 1.4.2, web 2.0".
void NameServices(const StatusInput& input, v1::RolloutRecord& rollout) {
  std::string from;
  std::string to;
  for (const v1::ServiceStatus& service : input.services) {
    const std::string now = Running(input, service.name).version;
    const std::string next = ForPeople(service.resolved.tag);
    if (now.empty() || now == next) continue;
    from += (from.empty() ? "" : ", ") + service.name + " " + now;
    to += (to.empty() ? "" : ", ") + service.name + " " + next;
  }
  if (from.empty()) return;
  rollout.from.version = std::move(from);
  rollout.to.version = std::move(to);
}

v1::RolloutRecord Begin(const StatusInput& input) {
  const std::int64_t last = input.previous.last_rollout ? input.previous.last_rollout->id : 0;
  v1::RolloutRecord rollout{
      .id = last + 1,
      .cause = input.decision->plan.steps.front().cause,
      .outcome = std::string(kInProgress),
      .revision = input.revision,
      .generation = input.generation,
      .from = Running(input),
      .to = {ForPeople(input.desired->version), input.desired->image, input.observed->image_id.value_or("")},
      .started = input.now};
  NameServices(input, rollout);
  return rollout;
}

void End(v1::RolloutRecord& rollout, std::string_view outcome, const StatusInput& input) {
  rollout.outcome = outcome;
  rollout.ended = input.now;
}

// Empty: it goes on.
std::string_view OutcomeOf(const Decision& decision) {
  if (!decision.plan.empty()) return {};
  switch (decision.verdict.phase) {
    case Phase::Ready: return "Succeeded";
    case Phase::Failed: return "Failed";
    case Phase::Stopped: return "Stopped";
    case Phase::Progressing:
    case Phase::Waiting: break;
  }
  return {};
}

void AddSteps(const StatusInput& input, v1::RolloutRecord& rollout) {
  for (const Step* step : input.applied) rollout.steps.push_back({input.now, ToString(step->action)});
  if (rollout.steps.size() > kStepsKept) rollout.steps.erase(rollout.steps.begin(), rollout.steps.end() - kStepsKept);
}

}  // namespace

std::vector<v1::RolloutRecord> ChangedRollouts(const EventInput& input) {
  const auto& before = input.before.last_rollout;
  const auto& after = input.after.last_rollout;
  if (!after || before == after) return {};
  std::vector<v1::RolloutRecord> changed;
  if (before && before->id != after->id && before->outcome == kInProgress) {
    changed.push_back(*before);
    changed.back().outcome = "Superseded";
    changed.back().ended = input.now;
  }
  changed.push_back(*after);
  return changed;
}

void FollowRollout(const StatusInput& input, v1::Status& status) {
  auto& rollout = status.last_rollout;
  const bool running = rollout && rollout->outcome == kInProgress;
  const bool superseded = running && rollout->generation != input.generation;
  if ((!running || superseded) && !input.decision->plan.empty()) rollout = Begin(input);
  if (!rollout || rollout->outcome != kInProgress) return;
  AddSteps(input, *rollout);
  if (input.error) return;
  const std::string_view outcome = OutcomeOf(*input.decision);
  if (outcome.empty()) return;
  End(*rollout, outcome, input);
  rollout->message = input.decision->verdict.message;
  if (outcome == "Succeeded") rollout->to.image_id = Running(input).image_id;
}

}  // namespace tinyforge
