#include "controller/trigger/rollout_watch.h"

#include <optional>
#include <utility>

namespace tinyforge {
namespace {

struct Ending {
  DeliveryResult result;
  std::string message;
};

bool Runs(const Goal& goal, const v1::Status& status) {
  const auto& rollout = status.last_rollout;
  if (goal.version == ImageVersion{}) return rollout && rollout->ended >= goal.since && rollout->outcome == "Succeeded";
  return status.resolved && (goal.version.digest.empty() ? status.resolved->tag == goal.version.tag
                                                         : status.resolved->digest == goal.version.digest);
}

// A failure of another image, or before the wish to be made anew, is none of this goal's.
bool Failed(const Goal& goal, const v1::Status& status) {
  const auto& rollout = status.last_rollout;
  if (!rollout || rollout->outcome != "Failed") return false;
  if (goal.version == ImageVersion{}) return rollout->ended >= goal.since;
  return goal.version.digest.empty() ? rollout->to.version == goal.version.tag
                                     : rollout->to.reference.ends_with(goal.version.digest);
}

std::optional<Ending> EndOf(const Goal& goal, const v1::Status& status) {
  const Condition* ready = FindCondition(status.conditions, condition::kReady);
  if (!ready) return std::nullopt;
  if (ready->status == ConditionStatus::True && Runs(goal, status))
    return Ending{DeliveryResult::Deployed,
                  goal.version == ImageVersion{} ? "made anew" : "runs " + ToString(goal.version)};
  if (ready->status == ConditionStatus::True && goal.version != ImageVersion{} && status.resolved &&
      status.resolved->set_by == "pin")
    return Ending{DeliveryResult::Skipped, "it is kept for later: the workload is pinned to " + status.resolved->tag};
  if (ready->reason == "RolloutFailed" && Failed(goal, status)) return Ending{DeliveryResult::Errored, ready->message};
  if (ready->reason == "Suspended" || ready->reason == "Stopped" || ready->reason == "ReadOnly")
    return Ending{DeliveryResult::Skipped, "it is kept for later: " + ready->message};
  return std::nullopt;
}

}  // namespace

void RolloutWatch::Follow(const std::string& workload, const Goal& goal, std::vector<Ticket> tickets) {
  std::vector<Ticket> before;
  {
    auto state = state_.Lock();
    Followed& followed = (*state)[workload];
    before = std::exchange(followed.tickets, std::move(tickets));
    followed.goal = goal;
  }
  desk_.Supersede(before, "a later version took its place");
}

void RolloutWatch::Join(const std::string& workload, const Goal& goal, Ticket ticket) {
  auto state = state_.Lock();
  Followed& followed = (*state)[workload];
  if (goal.since >= followed.goal.since) followed.goal = goal;
  followed.tickets.push_back(std::move(ticket));
}

void RolloutWatch::OnStatus(const std::string& workload, const v1::Status& status) {
  std::vector<Ticket> tickets;
  std::optional<Ending> end;
  {
    auto state = state_.Lock();
    const auto found = state->find(workload);
    if (found == state->end()) return;
    end = EndOf(found->second.goal, status);
    if (!end) return;
    tickets = std::move(found->second.tickets);
    state->erase(found);
  }
  desk_.Settle(tickets, end->result, end->message);
}

std::vector<std::string> RolloutWatch::Workloads() {
  std::vector<std::string> names;
  auto state = state_.Lock();
  for (const auto& [name, followed] : *state) names.push_back(name);
  return names;
}

void RolloutWatch::Review(const std::string& workload, const std::function<bool(const Goal& goal)>& is_held) {
  std::optional<Goal> goal;
  {
    auto state = state_.Lock();
    if (const auto found = state->find(workload); found != state->end()) goal = found->second.goal;
  }
  if (!goal || is_held(*goal)) return;
  std::vector<Ticket> tickets;
  {
    auto state = state_.Lock();
    const auto found = state->find(workload);
    if (found == state->end() || found->second.goal != *goal) return;  // a later one, which was not asked about
    tickets = std::move(found->second.tickets);
    state->erase(found);
  }
  desk_.Settle(tickets, DeliveryResult::Skipped, "overruled meanwhile");
}

}  // namespace tinyforge
