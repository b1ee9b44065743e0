#include "reconcilers/workload/steady.h"

#include <algorithm>

#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/sharing.h"

namespace tinyforge {
namespace {

constexpr Duration kMinRestartPause = std::chrono::seconds(10);
constexpr Duration kMaxRestartPause = std::chrono::minutes(5);

class Steady {
 public:
  Steady(Draft& draft, const Slot& slot) : draft_(draft), slot_(slot), desired_(*slot.desired) {}

  void Plan() {
    if (!slot_.current) return CreateMissing();
    if (WasKilled(slot_)) return MakeSuccessor();
    MendState();
    if (Unusable(*slot_.current).empty()) draft_.MendName(slot_, *slot_.current);
    MendLimits();
  }

 private:
  // By itself and last: the Engine may refuse a limit (more processors than there are), and all else goes on.
  void MendLimits() {
    const ObservedContainer& c = *slot_.current;
    if (c.state != ContainerState::Running || !LimitsDiffer(c, desired_)) return;
    draft_.build.NextGroup();
    draft_.build.Add(action::SetLimits{RefTo(c), LimitsToSet(c, desired_)}, "drift: limits or restart policy");
  }

  void MendState() {
    const ObservedContainer& c = *slot_.current;
    switch (c.state) {
      case ContainerState::Created:
        if (CannotRun(c)) return draft_.Say(Phase::Failed, "CannotRun", Describe(c));
        return StartAgain("not started yet");
      case ContainerState::Paused: return draft_.Unpause(c);
      case ContainerState::Exited: return PlanExited();
      case ContainerState::Running: return MendRunning();
      case ContainerState::Restarting: return draft_.Say(Phase::Failed, "CrashLoopBackOff", Describe(c));
      case ContainerState::Killed:
      case ContainerState::Removing:
      case ContainerState::Dead: return;  // sorted out before
    }
  }

  void CreateMissing() {
    if (draft_.judge.IsDone(desired_)) return void(++draft_.verdict.ready_replicas);
    if (IsFirstStart() && draft_.MustAwaitOthers()) return;
    if (MustFollowOthers() || !draft_.HaveImage() || draft_.MustAwaitShared(desired_)) return;
    const std::string cause = "replica " + std::to_string(desired_.replica) + " is missing";
    const std::string name = Create(cause);
    if (!draft_.MustWaitFor(slot_, nullptr)) draft_.build.Start({name, name}, cause);
  }

  // What ran well once, or runs in part, is repaired whatever others do.
  bool IsFirstStart() const {
    return draft_.context.facts.good.empty() &&
           std::ranges::none_of(draft_.observed.containers, [&](const ObservedContainer& c) {
             return c.started != SysTime{} && !draft_.neighbours.IsForeign(c);
           });
  }

  // A replica that is added along with a new release comes when that has proven itself in the place of the others.
  bool MustFollowOthers() {
    const bool updating =
        std::ranges::any_of(draft_.slots.slots, [](const Slot& s) { return s.desired && s.serving_old; });
    if (!updating) return false;
    if (const FailedRelease* failure = draft_.judge.FindFailure(desired_)) {
      draft_.Say(Phase::Failed, "RolloutFailed", failure->message + draft_.Consequence());
    } else {
      draft_.Say(Phase::Progressing, "RollingOut", desired_.name + " follows the replicas before it");
    }
    return true;
  }

  // Returns its name.
  std::string Create(std::string_view cause, const ObservedContainer* replaces = nullptr) {
    const int seq = draft_.NextSeq();
    std::string name = draft_.slots.names.contains(desired_.name) ? CandidateName(desired_, seq) : desired_.name;
    draft_.build.Create({.desired = desired_, .name = name, .seq = seq, .with_aliases = true, .replaces = replaces},
                        cause);
    draft_.Say(Phase::Progressing, "Starting", "starting " + name);
    return name;
  }

  // Made while the Engine finds out what becomes of the one that was killed: then one of the two is started at once,
  // and the other goes.
  void MakeSuccessor() {
    if (slot_.superfluous.empty() && draft_.HaveImage()) Create(slot_.current->name + " was killed", slot_.current);
  }

  void StartAgain(std::string_view cause) {
    const ObservedContainer& c = *slot_.current;
    draft_.Say(Phase::Progressing, "Starting", "starting " + c.name);
    if (const std::string why = Unusable(c); !why.empty()) return Exchange(c, why);
    if (draft_.MustWaitFor(slot_, &c)) return;
    draft_.MendNetworks(slot_, c, cause);
    draft_.build.Start(RefTo(c), cause);
  }

  // What can never be started goes, and what it keeps in anonymous volumes is taken over first.
  void Exchange(const ObservedContainer& c, const std::string& why) {
    const bool succeeded = !slot_.superfluous.empty() || InheritedVolumes(c, desired_).empty();
    if (!succeeded && !draft_.HaveImage()) return;
    if (!succeeded) Create(why, &c);
    draft_.build.Add(action::Remove{RefTo(c)}, why);
  }

  void PlanExited() {
    const ObservedContainer& c = *slot_.current;
    if (draft_.judge.ShouldBeUp(c, desired_)) return StartAgain("drift: state is exited");
    if (draft_.judge.Completed(c, desired_))
      ++draft_.verdict.ready_replicas;
    else if (c.finished < draft_.context.facts.retried)
      StartAgain("to be tried again");
    else
      draft_.Say(Phase::Failed, "ContainerFailed", Describe(c));
  }

  void MendRunning() {
    const ObservedContainer& c = *slot_.current;
    if (const std::string why = RestartedUnder(c, desired_); !why.empty()) return StartAnew(why);
    if (std::string where = WhereEngineDisagrees(c, desired_); !where.empty())
      draft_.build.Warn(warning::kEngineDisagrees, std::move(where));
    draft_.MendNetworks(slot_, c, "drift: networks or aliases");
    draft_.build.RewriteFiles(c);
    JudgeRunning();
  }

  // What is halted here is started again by the next pass, unless its policy leaves it down.
  void StartAnew(const std::string& why) {
    const ObservedContainer& c = *slot_.current;
    draft_.Say(Phase::Progressing, "Starting", c.name + " " + why);
    if (desired_.limits.restart != v1::RestartPolicy::Never) return draft_.build.Halt(c, why);
    draft_.build.Halt(c, why, StepBuilder::Ending::Kill);
    draft_.build.Start(RefTo(c), why);
  }

  void JudgeRunning() {
    const ObservedContainer& c = *slot_.current;
    const HealthVerdict health = draft_.judge.Health(c, desired_);
    if (health.fitness == Fitness::Unhealthy) {
      const bool sick = health.reason.empty();  // a hook that failed is not mended by a restart
      draft_.Say(Phase::Failed, sick ? "Unhealthy" : health.reason, health.message);
      if (sick && desired_.on_unhealthy == v1::OnUnhealthy::Restart) RestartUnhealthy(health.message);
    } else if (draft_.judge.IsReady(slot_)) {
      ++draft_.verdict.ready_replicas;
    } else if (c.restart_count >= kCrashLoopRestarts) {
      draft_.ComeBackIn(draft_.context.healthy_after);
      draft_.Say(Phase::Failed, "CrashLoopBackOff",
                 c.name + " was restarted " + std::to_string(c.restart_count) + " times");
    } else {
      draft_.AwaitProof(health, "Starting");
    }
  }

  // What is halted here is started again by the next pass, and gets its restart policy back. Each run is to last as
  // long as all runs before it together, within bounds: a backoff that needs no memory.
  void RestartUnhealthy(const std::string& why) {
    const ObservedContainer& c = *slot_.current;
    const auto before = std::chrono::duration_cast<Duration>(c.started - c.created);
    const Duration rest = std::clamp(before, kMinRestartPause, kMaxRestartPause) - draft_.judge.RunningFor(c);
    if (rest > Duration(0)) return draft_.ComeBackIn(rest);
    draft_.build.Halt(c, why);
  }

  Draft& draft_;
  const Slot& slot_;
  const DesiredContainer& desired_;
};

}  // namespace

void PlanSteady(Draft& draft, const Slot& slot) {
  Steady(draft, slot).Plan();
}

}  // namespace tinyforge
