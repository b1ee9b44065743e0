#include "controller/trigger/rollout_watch.h"

#include <iterator>
#include <optional>
#include <utility>

#include "reconcilers/workload/services.h"

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

void RolloutWatch::Follow(const ServiceName& target, const Goal& goal, std::vector<Ticket> tickets) {
  std::vector<Ticket> before;
  {
    auto state = state_.Lock();
    Followed& followed = (*state)[target];
    before = std::exchange(followed.tickets, std::move(tickets));
    followed.goal = goal;
  }
  desk_.Supersede(before, "a later version took its place");
}

void RolloutWatch::Join(const ServiceName& target, const Goal& goal, Ticket ticket) {
  auto state = state_.Lock();
  Followed& followed = (*state)[target];
  if (goal.since >= followed.goal.since) followed.goal = goal;
  followed.tickets.push_back(std::move(ticket));
}

void RolloutWatch::OnStatus(const std::string& workload, const v1::Status& status) {
  std::vector<std::pair<Ending, std::vector<Ticket>>> ended;
  {
    auto state = state_.Lock();
    for (auto entry = state->lower_bound({workload, ""}); entry != state->end() && entry->first.workload == workload;) {
      auto end = EndOf(entry->second.goal, StatusOfService(status, entry->first.service));
      if (end) ended.emplace_back(*std::move(end), std::move(entry->second.tickets));
      entry = end ? state->erase(entry) : std::next(entry);
    }
  }
  for (const auto& [end, tickets] : ended) desk_.Settle(tickets, end.result, end.message);
}

std::vector<ServiceName> RolloutWatch::Targets() {
  std::vector<ServiceName> targets;
  auto state = state_.Lock();
  for (const auto& [target, followed] : *state) targets.push_back(target);
  return targets;
}

void RolloutWatch::Review(const ServiceName& target, const std::function<bool(const Goal& goal)>& is_held) {
  std::optional<Goal> goal;
  {
    auto state = state_.Lock();
    if (const auto found = state->find(target); found != state->end()) goal = found->second.goal;
  }
  if (!goal || is_held(*goal)) return;
  std::vector<Ticket> tickets;
  {
    auto state = state_.Lock();
    const auto found = state->find(target);
    if (found == state->end() || found->second.goal != *goal) return;  // a later one, which was not asked about
    tickets = std::move(found->second.tickets);
    state->erase(found);
  }
  desk_.Settle(tickets, DeliveryResult::Skipped, "overruled meanwhile");
}

}  // namespace tinyforge
