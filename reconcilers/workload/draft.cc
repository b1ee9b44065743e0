#include "reconcilers/workload/draft.h"

#include <algorithm>
#include <utility>

namespace tinyforge {
namespace {

constexpr Duration kWriterPoll = std::chrono::seconds(2);  // another workload's stop queues that workload, not this one
constexpr Duration kImagePoll = std::chrono::seconds(30);  // the end of a pull wakes sooner
constexpr Duration kDependencyPoll = std::chrono::seconds(30);  // who begins to serve wakes sooner

}  // namespace

Draft::Draft(const DesiredState& wanted, const ObservedState& seen, const PlanContext& pass)
    : desired(wanted),
      observed(seen),
      context(pass),
      slots(GroupBySlot(wanted, seen)),
      judge(wanted, seen, pass),
      neighbours(wanted, seen, pass, slots),
      build(wanted, seen, pass) {}

void Draft::Say(Phase phase, std::string_view reason, std::string message) {
  if (phase <= verdict.phase) return;
  verdict.phase = phase;
  verdict.reason = reason;
  verdict.message = std::move(message);
}

void Draft::ComeBackIn(Duration wait) {
  verdict.come_back = std::min(verdict.come_back.value_or(wait), wait);
}

void Draft::AwaitProof(const HealthVerdict& health, std::string_view reason) {
  if (health.come_back) ComeBackIn(std::max(*health.come_back, Duration(1)));
  if (health.fitness == Fitness::Unreachable)
    return Say(Phase::Waiting, health.reason.empty() ? "ProbeUnreachable" : health.reason, health.message);
  Say(Phase::Progressing, reason, health.message);
}

bool Draft::BlockedByOthers() {
  const auto blocker = neighbours.FindBlocker();
  if (!blocker) return false;
  if (!blocker->tells) ComeBackIn(kWriterPoll);
  Say(Phase::Waiting, "VolumeInUse", blocker->message);
  return true;
}

bool Draft::MustWaitFor(const Slot& slot, const ObservedContainer* starting) {
  if (BlockedByOthers() || MustAwaitShared(*slot.desired)) return true;
  if (neighbours.SideBySide(slot) || !neighbours.OthersUp(slot, starting)) return false;
  Say(Phase::Progressing, "Stopping", "waiting for the containers before it to stop");
  return true;
}

bool Draft::MustAwaitOthers() {
  if (context.awaited.empty() && context.cycle.empty()) return false;
  ComeBackIn(kDependencyPoll);
  Say(Phase::Waiting, "DependencyNotReady", context.awaited);
  return true;
}

bool Draft::MustAwaitShared(const DesiredContainer& starting) {
  for (const SharedNamespace& share : starting.shares) {
    if (share.up) continue;
    ComeBackIn(kDependencyPoll);
    Say(Phase::Waiting, "DependencyNotReady", "waiting for " + share.service + ", whose namespaces it shares, to run");
    return true;
  }
  return false;
}

bool Draft::HaveImage() {
  if (observed.image_id) return true;
  const auto& failure = observed.pull_failure;
  const bool hopeless = failure && failure->kind == ErrorKind::Terminal;
  if (failure)
    Say(hopeless ? Phase::Failed : Phase::Waiting, "ImagePullFailed", failure->message);
  else
    Say(Phase::Waiting, "PullingImage", "pulling " + desired.image);
  verdict.stalled = verdict.stalled || hopeless;
  ComeBackIn(kImagePoll);
  return false;
}

void Draft::Unpause(const ObservedContainer& c) {
  build.Add(action::Unpause{RefTo(c)}, "drift: state is paused");
  Say(Phase::Progressing, "Starting", "unpausing " + c.name);
}

void Draft::MendName(const Slot& slot, const ObservedContainer& c) {
  if (slot.Serves(c)) return;
  auto holder = slots.names.find(slot.desired->name);
  const bool candidate = c.name == CandidateName(*slot.desired, SeqOf(c));
  if (holder == slots.names.end())
    return build.Add(action::Rename{RefTo(c), slot.desired->name}, candidate ? "takes over" : "drift: name");
  // The holder is of this workload and on its way out, or gets its own name back first.
  Say(Phase::Progressing, "Renaming",
      "container " + ShortId(holder->second->id) + " still holds the name " + slot.desired->name);
  if (!candidate && neighbours.IsCurrentElsewhere(slot, *holder->second))
    build.Add(action::Rename{RefTo(c), CandidateName(*slot.desired, SeqOf(c))}, "drift: name");
}

void Draft::MendNetworks(const Slot& slot, const ObservedContainer& c, std::string_view cause, bool with_aliases) {
  if (!slot.desired->spec.network_mode.empty()) return;
  build.MendNetworks(c, StepBuilder::Attachments(*slot.desired, c.Label(label::kAddress), with_aliases), cause);
}

std::string Draft::Consequence() const {
  return Held() ? "; everything is left as it is (onFailure: Hold)" : "; the old version stays";
}

std::string CandidateName(const DesiredContainer& d, int seq) {
  return d.name + "." + std::to_string(seq);
}

}  // namespace tinyforge
