#include "reconcilers/workload/compute_plan.h"

#include <algorithm>

#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/step_builder.h"

namespace tinyforge {
namespace {

constexpr int kCrashLoopRestarts = 3;
// Exit codes of the Engine and the shell for a command that cannot be run at all.
constexpr int kCannotExecute = 126;
constexpr int kCommandNotFound = 127;

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string Describe(const ObservedContainer& c) {
  std::string text = c.name + " is " + std::string(ToString(c.state));
  if (c.state == ContainerState::Exited || c.state == ContainerState::Restarting)
    text += ", exit code " + std::to_string(c.exit_code);
  if (c.oom_killed) text += ", killed for want of memory";
  if (!c.error.empty()) text += ": " + c.error;
  return text;
}

class Planner {
 public:
  Planner(const DesiredState& desired, const ObservedState& observed, const PlanContext& context)
      : desired_(desired), observed_(observed), context_(context), grouped_(GroupBySlot(desired, observed)),
        build_(desired, observed, context) {}

  Decision Run() {
    for (const Slot& slot : grouped_.slots) PlanSlot(slot);
    for (const ForeignContainer& f : grouped_.foreign)
      build_.Warn(warning::kForeignContainer, "container " + f.name + " (" + f.id.substr(0, 12) +
                                                  ") bears the labels of this workload, but " + f.reason + "; it is left alone");
    return {build_.Take(), std::move(verdict_)};
  }

 private:
  bool StartFirst() const { return context_.strategy != v1::RolloutStrategy::Recreate; }

  // --- what is known of a container ---

  Duration RunningFor(const ObservedContainer& c) const {
    auto found = observed_.running_for.find(c.id);
    return found == observed_.running_for.end() ? Duration(0) : found->second;
  }
  static bool Completed(const ObservedContainer& c, const DesiredContainer& d) {
    return c.state == ContainerState::Exited && c.exit_code == 0 && d.limits.restart != v1::RestartPolicy::Always;
  }
  bool Proven(const ObservedContainer& c, const DesiredContainer& d) const {
    if (Completed(c, d)) return true;
    return c.state == ContainerState::Running && RunningFor(c) >= context_.healthy_after &&
           (c.health == ContainerHealth::None || c.health == ContainerHealth::Healthy);
  }
  // A verdict on the release. A start that the world refused (a held port) is none while the old one runs beside it; where
  // the old one had to be stopped, it is: trying again would stop it again.
  bool HasFailed(const ObservedContainer& c, const DesiredContainer& d) const {
    if (Completed(c, d)) return false;
    if (c.state == ContainerState::Created)
      return c.exit_code == kCannotExecute || c.exit_code == kCommandNotFound || (!StartFirst() && !c.error.empty());
    return c.state == ContainerState::Exited || c.state == ContainerState::Restarting || c.restart_count > 0 ||
           c.health == ContainerHealth::Unhealthy;
  }
  const FailedRelease* FindFailure(const DesiredContainer& d) const {
    const auto& failed = context_.facts.failed;
    auto found = std::find_if(failed.begin(), failed.end(), [&](const FailedRelease& f) {
      return f.template_hash == d.template_hash && f.image_id == observed_.image_id.value_or("");
    });
    return found == failed.end() ? nullptr : &*found;
  }

  // --- the verdict: the worst slot speaks for all ---

  void Say(Phase phase, std::string_view reason, std::string message) {
    if (phase <= verdict_.phase) return;
    verdict_.phase = phase;
    verdict_.reason = reason;
    verdict_.message = std::move(message);
  }
  void ComeBackIn(Duration wait) { verdict_.come_back = std::min(verdict_.come_back.value_or(wait), wait); }
  void AwaitProof(const ObservedContainer& c, std::string_view reason) {
    const Duration ran = RunningFor(c);
    if (c.health == ContainerHealth::Starting) {
      Say(Phase::Progressing, reason, "waiting for the health check of " + c.name);
      return;
    }
    ComeBackIn(std::max(context_.healthy_after - ran, Duration(1)));
    Say(Phase::Progressing, reason, c.name + " must run for " + FormatDuration(context_.healthy_after) + " without a restart");
  }

  // --- one slot ---

  void PlanSlot(const Slot& slot) {
    for (const ObservedContainer* c : slot.dead) build_.Add(action::Remove{RefTo(*c)}, "the Engine could not remove it");
    if (!slot.desired) {
      for (const ObservedContainer* c : slot.superfluous) RetireSuperfluous(*c, "no longer asked for");
    } else if (slot.serving_old) {
      PlanReplacement(slot);
    } else {
      for (const ObservedContainer* c : slot.superfluous) RetireSuperfluous(*c, "superseded");
      PlanSteady(slot);
    }
  }

  void RetireSuperfluous(const ObservedContainer& c, std::string_view cause) {
    build_.Retire(c, cause);
    Say(Phase::Progressing, "Removing", "removing " + c.name);
  }

  // Nothing old serves: there shall be one container, up and as desired.
  void PlanSteady(const Slot& slot) {
    if (!slot.current) {
      CreateAndStart(slot, "replica " + std::to_string(slot.desired->replica) + " is missing");
      return;
    }
    MendName(slot);
    const ObservedContainer& c = *slot.current;
    switch (c.state) {
      case ContainerState::Created: StartAgain(slot, "not started"); break;
      case ContainerState::Paused: build_.Add(action::Unpause{RefTo(c)}, "drift: state is paused"); break;
      case ContainerState::Exited: PlanExited(slot); break;
      case ContainerState::Running: MendRunning(slot); break;
      case ContainerState::Restarting:
        Say(Phase::Failed, "CrashLoopBackOff", Describe(c));
        break;
      case ContainerState::Removing:
      case ContainerState::Dead: break;  // sorted out by GroupBySlot
    }
  }

  void CreateAndStart(const Slot& slot, std::string_view cause) {
    if (!HaveImage()) return;
    const DesiredContainer& d = *slot.desired;
    const int seq = grouped_.next_seq++;
    const std::string name = grouped_.names.contains(d.name) ? CandidateName(d, seq) : d.name;
    build_.Create({.desired = d, .name = name, .seq = seq, .with_aliases = true}, cause);
    Say(Phase::Progressing, "Starting", "starting " + name);
    if (!StartFirst() && AnotherIsUp(slot)) return;
    build_.Start({name, name}, cause);
  }

  void StartAgain(const Slot& slot, std::string_view cause) {
    const ObservedContainer& c = *slot.current;
    Say(Phase::Progressing, "Starting", "starting " + c.name);
    if (AddressIsTaken(c)) {
      build_.Add(action::Remove{RefTo(c)}, "its address " + std::string(c.Label(label::kAddress)) + " is taken");
      return;
    }
    if (!StartFirst() && AnotherIsUp(slot)) return;
    if (LimitsDiffer(c, *slot.desired)) build_.Add(action::SetLimits{RefTo(c), slot.desired->limits}, cause);
    MendNetworks(slot, cause);
    build_.Start(RefTo(c), cause);
  }

  void PlanExited(const Slot& slot) {
    const ObservedContainer& c = *slot.current;
    const DesiredContainer& d = *slot.desired;
    const bool stays_down = d.limits.restart == v1::RestartPolicy::Never || Completed(c, d);
    if (!stays_down) return StartAgain(slot, "drift: state is exited");
    if (c.exit_code == 0) ++verdict_.ready_replicas;
    else Say(Phase::Failed, "ContainerFailed", Describe(c));
  }

  void MendRunning(const Slot& slot) {
    const ObservedContainer& c = *slot.current;
    const DesiredContainer& d = *slot.desired;
    if (LimitsDiffer(c, d)) build_.Add(action::SetLimits{RefTo(c), d.limits}, "drift: limits or restart policy");
    if (EngineDisagrees(c, d)) build_.Warn(warning::kEngineDisagrees, "the Engine keeps a limit that was removed from " + c.name);
    MendNetworks(slot, "drift: networks or aliases");
    build_.RewriteFiles(c);
    JudgeRunning(c, d);
  }

  void JudgeRunning(const ObservedContainer& c, const DesiredContainer& d) {
    const bool long_up = c.started != SysTime{} && context_.now - c.started >= context_.healthy_after && c.restart_count == 0;
    if (c.health == ContainerHealth::Unhealthy) return Say(Phase::Failed, "Unhealthy", c.name + " fails its health check");
    if (Proven(c, d) || (long_up && c.health != ContainerHealth::Starting)) {
      ++verdict_.ready_replicas;
    } else if (c.restart_count >= kCrashLoopRestarts) {
      ComeBackIn(context_.healthy_after);
      Say(Phase::Failed, "CrashLoopBackOff", c.name + " was restarted " + std::to_string(c.restart_count) + " times");
    } else {
      AwaitProof(c, "Starting");
    }
  }

  void MendName(const Slot& slot) {
    const ObservedContainer& c = *slot.current;
    if (slot.Serves(c)) return;
    if (grouped_.names.contains(slot.desired->name))  // its holder is going away; the holder's end wakes this workload
      return Say(Phase::Progressing, "Renaming", "waiting for the name " + slot.desired->name);
    build_.Add(action::Rename{RefTo(c), slot.desired->name}, "drift: name");
  }

  void MendNetworks(const Slot& slot, std::string_view cause) {
    if (!slot.desired->spec.network_mode.empty()) return;
    const ObservedContainer& c = *slot.current;
    build_.MendNetworks(c, StepBuilder::Attachments(*slot.desired, c.Label(label::kAddress), true), cause);
  }

  // --- replacement ---

  void PlanReplacement(const Slot& slot) {
    for (const ObservedContainer* c : slot.superfluous)  // those that are down may be the record of a failure
      if (IsUp(*c)) build_.Retire(*c, "superseded");
    if (const FailedRelease* failure = FindFailure(*slot.desired)) return HoldOld(slot, *failure);
    const std::string cause = ReplaceCause(*slot.serving_old, *slot.desired);
    Say(Phase::Progressing, "RollingOut", cause);
    CountOld(*slot.serving_old);
    if (!slot.current) return CreateCandidate(slot, cause);
    if (AddressIsTaken(*slot.current)) return StartAgain(slot, cause);
    if (HasFailed(*slot.current, *slot.desired)) return FailRelease(slot);
    if (slot.current->state == ContainerState::Paused) return build_.Add(action::Unpause{RefTo(*slot.current)}, "drift: state is paused");
    if (slot.current->state == ContainerState::Created) return StartCandidate(slot, cause);
    if (!Proven(*slot.current, *slot.desired)) return AwaitProof(*slot.current, "RollingOut");
    if (MaySwitch(slot)) Switch(slot, cause);
  }

  void CountOld(const ObservedContainer& old) {
    if (old.state == ContainerState::Running) ++verdict_.ready_replicas;
  }

  void CreateCandidate(const Slot& slot, const std::string& cause) {
    if (!HaveImage() || !MyTurn(slot)) return;
    const int seq = grouped_.next_seq++;
    const std::string name = CandidateName(*slot.desired, seq);
    build_.Create({.desired = *slot.desired, .name = name, .seq = seq, .with_aliases = !StartFirst(), .replaces = slot.serving_old}, cause);
    if (StartFirst() || !AnotherIsUp(slot)) build_.Start({name, name}, cause);
    else HaltOthers(slot, cause);
  }

  void StartCandidate(const Slot& slot, const std::string& cause) {
    if (StartFirst() || !AnotherIsUp(slot)) return build_.Start(RefTo(*slot.current), cause);
    HaltOthers(slot, cause);
  }

  // All that may not run beside the candidate. Restart is off before the stop, so that no reboot brings both up.
  void HaltOthers(const Slot& slot, std::string_view cause) {
    build_.Halt(*slot.serving_old, cause);
    Say(Phase::Progressing, "RollingOut", "stopping " + slot.serving_old->name);
  }

  void FailRelease(const Slot& slot) {
    const ObservedContainer& c = *slot.current;
    const std::string message = Describe(c);
    FailedRelease release{.template_hash = slot.desired->template_hash, .image_id = observed_.image_id.value_or(""), .message = message, .at = context_.now};
    build_.Add(action::RecordFailure{desired_.workload, release}, "failed before it had run for " + FormatDuration(context_.healthy_after));
    build_.Halt(c, "release failed");
    Say(Phase::Failed, "RolloutFailed", message + "; the old version stays");
    ComeBackIn(Duration(1));
  }

  // The release failed: its containers are down for good, the old one is up.
  void HoldOld(const Slot& slot, const FailedRelease& failure) {
    Say(Phase::Failed, "RolloutFailed", failure.message + "; the old version stays");
    const ObservedContainer& old = *slot.serving_old;
    CountOld(old);
    if (slot.current) build_.Halt(*slot.current, "release failed");
    if (old.state == ContainerState::Paused) return build_.Add(action::Unpause{RefTo(old)}, "drift: state is paused");
    const bool down = old.state == ContainerState::Created || old.state == ContainerState::Exited;
    if (!StartFirst() && slot.current && IsUp(*slot.current)) return;
    if (old.restart != slot.desired->limits.restart) {
      Limits limits = old.limits;
      limits.restart = slot.desired->limits.restart;
      build_.Add(action::SetLimits{RefTo(old), limits}, "rolled back");
    }
    if (down) build_.Start(RefTo(old), "rolled back");
  }

  // All new ones proven (BlueGreen), or this one (Rolling, Recreate).
  bool MaySwitch(const Slot& slot) const {
    if (context_.strategy != v1::RolloutStrategy::BlueGreen) return slot.current != nullptr;
    return std::all_of(grouped_.slots.begin(), grouped_.slots.end(), [&](const Slot& s) {
      return !s.desired || (s.current && Proven(*s.current, *s.desired));
    });
  }

  // Rolling: one replica at a time.
  bool MyTurn(const Slot& slot) const {
    if (context_.strategy != v1::RolloutStrategy::Rolling) return true;
    auto first = std::find_if(grouped_.slots.begin(), grouped_.slots.end(), [](const Slot& s) { return s.desired && !s.Settled(); });
    return first != grouped_.slots.end() && &*first == &slot;
  }

  void Switch(const Slot& slot, const std::string& cause) {
    const ObservedContainer& old = *slot.serving_old;
    const ObservedContainer& candidate = *slot.current;
    MendNetworks(slot, cause);
    if (slot.Serves(old)) build_.Add(action::Rename{RefTo(old), CandidateName(*slot.desired, SeqOf(old))}, cause);
    if (!slot.Serves(candidate)) build_.Add(action::Rename{RefTo(candidate), slot.desired->name}, cause);
    build_.Retire(old, "superseded");
  }

  // --- shared questions ---

  static std::string CandidateName(const DesiredContainer& d, int seq) { return d.name + "." + std::to_string(seq); }

  bool AddressIsTaken(const ObservedContainer& c) const {
    return c.state == ContainerState::Created && !c.Label(label::kAddress).empty() && Contains(c.error, "Address already in use");
  }

  bool AnotherIsUp(const Slot& slot) const {
    return std::any_of(observed_.containers.begin(), observed_.containers.end(),
                       [&](const ObservedContainer& c) { return &c != slot.current && IsUp(c) && !IsForeign(c); });
  }
  bool IsForeign(const ObservedContainer& c) const {
    return std::any_of(grouped_.foreign.begin(), grouped_.foreign.end(), [&](const auto& f) { return f.id == c.id; });
  }

  // Says what is awaited when the image is not there.
  bool HaveImage() {
    if (observed_.image_id) return true;
    if (observed_.pull_failure) Say(Phase::Waiting, "ImagePullFailed", observed_.pull_failure->message);
    else Say(Phase::Waiting, "PullingImage", "pulling " + desired_.image);
    return false;
  }

  const DesiredState& desired_;
  const ObservedState& observed_;
  const PlanContext& context_;
  Slots grouped_;
  StepBuilder build_;
  Verdict verdict_;
};

}  // namespace

bool NeedsImage(const DesiredState& desired, const ObservedState& observed) {
  const Slots grouped = GroupBySlot(desired, observed);
  return std::any_of(grouped.slots.begin(), grouped.slots.end(), [](const Slot& s) { return s.desired && !s.Settled(); });
}

Decision ComputePlan(const DesiredState& desired, const ObservedState& observed, const PlanContext& context) {
  return Planner(desired, observed, context).Run();
}

Decision ComputeTeardown(const ObservedState& observed) {
  const DesiredState nothing;
  const PlanContext context;
  StepBuilder build(nothing, observed, context);
  Ownership ownership = ClassifyOwnership(observed.containers);
  std::set<std::string> networks;
  for (const ObservedContainer* c : ownership.owned) {
    for (const auto& [network, endpoint] : c->networks) networks.insert(network);
    if (c->state != ContainerState::Removing) build.Retire(*c, "removed from the configuration");
  }
  const bool last = std::none_of(ownership.owned.begin(), ownership.owned.end(), [](const auto* c) { return IsUp(*c); });
  if (last)
    for (const std::string& network : networks) build.Add(action::RemoveNetwork{network}, "removed from the configuration");
  Decision decision{build.Take(), {}};
  if (!decision.plan.empty()) decision.verdict = {.phase = Phase::Progressing, .reason = "Deleting", .message = "removing its containers"};
  return decision;
}

}  // namespace tinyforge
