#include "reconcilers/workload/compute_plan.h"

#include <algorithm>

#include "api-types/codec/hash.h"
#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/health.h"
#include "reconcilers/workload/step_builder.h"

namespace tinyforge {
namespace {

constexpr int kCrashLoopRestarts = 3;
// Exit codes of the Engine and the shell for a command that cannot be run at all.
constexpr int kCannotExecute = 126;
constexpr int kCommandNotFound = 127;
constexpr std::size_t kReleaseLength = 32;  // hex digits
constexpr Duration kRefusedRetry = std::chrono::minutes(5);
constexpr Duration kWriterPoll = std::chrono::seconds(2);  // another workload's stop queues that workload, not this one
constexpr Duration kImagePoll = std::chrono::seconds(30);  // the end of a pull wakes sooner
// From the moment nobody finds it by name until it is stopped: who has just resolved the name still comes, may have to
// send its first packet again a second later, since names change by reconnecting, and what it
// asks for is answered.
constexpr Duration kDrain = std::chrono::seconds(3);
constexpr Duration kDependencyPoll = std::chrono::seconds(30);  // who begins to serve wakes sooner
constexpr Duration kMinRestartPause = std::chrono::seconds(10);
constexpr Duration kMaxRestartPause = std::chrono::minutes(5);

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

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
      : desired_(desired),
        observed_(observed),
        context_(context),
        grouped_(GroupBySlot(desired, observed)),
        build_(desired, observed, context) {}

  Decision Run() {
    if (!context_.cycle.empty()) {
      Say(Phase::Failed, "DependencyCycle", "dependsOn leads back to itself: " + context_.cycle);
      verdict_.stalled = true;
    }
    for (const Slot& slot : grouped_.slots) {
      if (slot.desired) PlanSlot(slot);
      build_.NextGroup();
    }
    CleanUp();  // last, so that what cannot be removed holds up nothing
    for (const ForeignContainer& f : grouped_.foreign)
      build_.Warn(warning::kForeignContainer, "container " + f.name + " (" + f.id.substr(0, 12) +
                                                  ") bears the labels of this workload, but " + f.reason +
                                                  "; it is left alone");
    Decision decision{build_.Take(), std::move(verdict_), {}};
    if (decision.plan.empty() && decision.verdict.phase == Phase::Ready) decision.proven = NewlyProven();
    return decision;
  }

  // Down on purpose, and kept so.
  Decision Stop() {
    Say(Phase::Stopped, "Stopped", "stopped on purpose; to start it: tfctl start " + desired_.workload);
    for (const ObservedContainer* c : ClassifyOwnership(observed_.containers).owned) {
      build_.NextGroup();
      if (IsUp(*c)) build_.Halt(*c, "stopped on purpose");
    }
    return {build_.Take(), std::move(verdict_), {}};
  }

  bool MustCreate() const {
    return std::any_of(grouped_.slots.begin(), grouped_.slots.end(), [&](const Slot& s) {
      return s.desired && (!s.current || WasKilled(s)) && !(s.serving_old && FindFailure(*s.desired));
    });
  }

 private:
  // --- what is known of a container ---

  Duration RunningFor(const ObservedContainer& c) const { return tinyforge::RunningFor(c, observed_); }
  HealthVerdict Judge(const ObservedContainer& c, const DesiredContainer& d) const {
    return JudgeHealth(c, d, observed_, context_.healthy_after);
  }
  // A service that ends at once with 0 proves nothing: only what is meant to end, or ended before, may.
  static bool CompletionCounts(const Slot& slot) {
    const DesiredContainer& d = *slot.desired;
    return d.limits.restart == v1::RestartPolicy::Never || !slot.serving_old || Completed(*slot.serving_old, d);
  }
  bool Proven(const Slot& slot) const {
    const ObservedContainer& c = *slot.current;
    if (Completed(c, *slot.desired)) return CompletionCounts(slot);
    return c.state == ContainerState::Running && Judge(c, *slot.desired).fitness == Fitness::Proven;
  }
  // What ran before this controller did is taken to be as it was left, until it is known better.
  bool IsReady(const Slot& slot) const {
    const ObservedContainer& c = *slot.current;
    if (Proven(slot)) return true;
    const bool long_up =
        c.started != SysTime{} && context_.now - c.started >= context_.healthy_after && c.restart_count == 0;
    return long_up && c.state == ContainerState::Running && Judge(c, *slot.desired).fitness == Fitness::Unknown;
  }
  // A verdict on the release of a candidate; empty: none. A start that the world refused (a held port) is none, nor is
  // a container that the controller cannot reach.
  std::string WhyFailed(const Slot& slot) const {
    const ObservedContainer& c = *slot.current;
    if (Completed(c, *slot.desired)) return CompletionCounts(slot) ? "" : Describe(c);
    if (c.state == ContainerState::Created) return CannotRun(c) ? Describe(c) : "";
    if (c.state == ContainerState::Exited || c.state == ContainerState::Restarting || c.restart_count > 0)
      return Describe(c);
    if (c.state != ContainerState::Running) return {};
    const HealthVerdict health = Judge(c, *slot.desired);
    if (health.fitness == Fitness::Unhealthy) return health.message;
    const bool late = RunningFor(c) >= context_.deadline &&
                      (health.fitness == Fitness::Unknown || health.fitness == Fitness::Pending);
    return late ? "the deadline of " + FormatDuration(context_.deadline) + " has passed: " + health.message : "";
  }
  static bool CannotRun(const ObservedContainer& c) {
    return c.state == ContainerState::Created && (c.exit_code == kCannotExecute || c.exit_code == kCommandNotFound);
  }
  static bool StartWasRefused(const ObservedContainer& c) {
    return c.state == ContainerState::Created && !c.error.empty() && !CannotRun(c);
  }
  // Why a container can never be started, whatever it holds; empty: it may be. Another one can be made in its place.
  static std::string Unusable(const ObservedContainer& c) {
    if (IsUp(c)) return {};
    if (!c.Label(label::kAddress).empty() && Contains(c.error, "Address already in use"))
      return "its address " + std::string(c.Label(label::kAddress)) + " is taken";
    // An Engine that was killed in the middle of a start leaves a task behind that it does not know.
    const bool never_started = c.state == ContainerState::Created;
    if (never_started && Contains(c.error, "task ") && Contains(c.error, "already exists"))
      return "a start of it was cut short";
    return {};
  }
  bool ShouldBeUp(const ObservedContainer& c, const DesiredContainer& d) const {
    return HaltedByUs(c, d) || WasStoppedOnPurpose(c) ||
           (d.limits.restart != v1::RestartPolicy::Never && !Completed(c, d));
  }
  // A policy that never restarts bears no mark of ours; the time of its end tells.
  bool WasStoppedOnPurpose(const ObservedContainer& c) const {
    const Facts& facts = context_.facts;
    return c.state == ContainerState::Exited && facts.stop_began != SysTime{} && c.started < facts.stop_began &&
           c.finished >= facts.stop_began;
  }
  // It ran when its replacement was made, and ended after that: for its sake.
  static bool MadeRoom(const ObservedContainer& old, const Slot& slot) {
    const auto later = [&](const ObservedContainer* c) {
      return old.started < c->created && c->created <= old.finished;
    };
    return old.state == ContainerState::Exited &&
           ((slot.current && later(slot.current)) || std::ranges::any_of(slot.superfluous, later));
  }

  static bool WasKilled(const Slot& slot) { return slot.current && slot.current->state == ContainerState::Killed; }

  // --- releases ---

  // All that makes this release what it is: what failed is tried again when any of it changes.
  std::string ReleaseOf(const DesiredContainer& d) const {
    std::string text = context_.spec_hash + "\n" + d.template_hash;
    for (const DesiredFile& file : desired_.files) text += "\n" + file.content_hash;
    return Sha256Hex(text).substr(0, kReleaseLength);
  }
  const FailedRelease* FindFailure(const DesiredContainer& d, std::string_view image_id) const {
    const std::string release = ReleaseOf(d);
    const auto& failed = context_.facts.failed;
    auto found = std::find_if(failed.begin(), failed.end(),
                              [&](const FailedRelease& f) { return f.release == release && f.image_id == image_id; });
    return found == failed.end() ? nullptr : &*found;
  }
  const FailedRelease* FindFailure(const DesiredContainer& d) const {
    return FindFailure(d, observed_.image_id.value_or(""));
  }

  // --- who may run beside whom ---

  // Two may run side by side: the strategy says so, and no volume that only one may write moves from one to the other.
  bool SideBySide(const Slot& slot) const {
    if (context_.strategy == v1::RolloutStrategy::Recreate) return false;
    return !slot.serving_old || InheritedVolumes(*slot.serving_old, *slot.desired).empty();
  }
  // Another one of ours is up that a start of `starting` in this slot would run beside.
  bool OthersUp(const Slot& slot, const ObservedContainer* starting) const {
    return std::any_of(observed_.containers.begin(), observed_.containers.end(), [&](const ObservedContainer& c) {
      return &c != starting && IsUp(c) && !IsForeign(c) && !IsCurrentElsewhere(slot, c);
    });
  }
  bool IsForeign(const ObservedContainer& c) const {
    return std::any_of(grouped_.foreign.begin(), grouped_.foreign.end(), [&](const auto& f) { return f.id == c.id; });
  }
  bool IsCurrentElsewhere(const Slot& slot, const ObservedContainer& c) const {
    return std::any_of(grouped_.slots.begin(), grouped_.slots.end(), [&](const Slot& s) {
      return &s != &slot && s.desired && (s.current == &c || s.serving_old == &c);
    });
  }
  bool WritesOurs(const ObservedContainer& c) const {
    return std::any_of(c.mounts.begin(), c.mounts.end(), [&](const ObservedMount& m) {
      return !m.read_only && desired_.exclusive_sources.contains(m.source);
    });
  }
  // Says who writes what only this workload may write; false: nobody. Nothing of ours stops for a start that must wait
  // for others, since nothing tells when they end.
  bool BlockedByOthers() {
    for (const std::string& source : desired_.exclusive_sources) {
      auto writer = observed_.writers_elsewhere.find(source);
      if (writer == observed_.writers_elsewhere.end()) continue;
      ComeBackIn(kWriterPoll);
      Say(Phase::Waiting, "VolumeInUse", writer->second + " writes " + source);
      return true;
    }
    for (const ObservedContainer& c : observed_.containers) {
      if (!IsUp(c) || !IsForeign(c) || !WritesOurs(c)) continue;
      Say(Phase::Waiting, "VolumeInUse",
          "container " + c.name + ", which is not ours, writes a volume of this workload");
      return true;
    }
    return false;
  }
  // Says who is waited for before `starting` may start; false: nobody.
  bool MustWaitFor(const Slot& slot, const ObservedContainer* starting) {
    if (BlockedByOthers()) return true;
    if (SideBySide(slot) || !OthersUp(slot, starting)) return false;
    Say(Phase::Progressing, "Stopping", "waiting for the containers before it to stop");
    return true;
  }

  // --- the verdict: the worst slot speaks for all ---

  void Say(Phase phase, std::string_view reason, std::string message) {
    if (phase <= verdict_.phase) return;
    verdict_.phase = phase;
    verdict_.reason = reason;
    verdict_.message = std::move(message);
  }
  void ComeBackIn(Duration wait) { verdict_.come_back = std::min(verdict_.come_back.value_or(wait), wait); }
  void AwaitProof(const HealthVerdict& health, std::string_view reason) {
    if (health.come_back) ComeBackIn(std::max(*health.come_back, Duration(1)));
    if (health.fitness == Fitness::Unreachable) return Say(Phase::Waiting, "ProbeUnreachable", health.message);
    Say(Phase::Progressing, reason, health.message);
  }

  // --- one slot ---

  void PlanSlot(const Slot& slot) { slot.serving_old ? PlanReplacement(slot) : PlanSteady(slot); }

  void CleanUp() {
    for (const Slot& slot : grouped_.slots) {
      const ObservedContainer* record = RecordOf(slot);
      for (const ObservedContainer* c : slot.superfluous) {
        if (c == record || WasKilled(slot)) continue;  // of a killed one it may be the successor
        build_.NextGroup();
        Retire(slot, *c);
      }
      for (const ObservedContainer* c : slot.dead) {
        build_.NextGroup();
        build_.Add(action::Remove{RefTo(*c)}, "the Engine could not remove it");
      }
    }
  }

  // Out of sight, drained, down, gone: a step a pass.
  void Retire(const Slot& slot, const ObservedContainer& c) {
    const std::string_view cause = slot.desired ? "superseded" : "no longer asked for";
    if (c.state == ContainerState::Running && SideBySide(slot) && !c.networks.empty() && !Drained(c, cause))
      return Say(Phase::Progressing, "Draining", "draining " + c.name);
    Say(Phase::Progressing, "Removing", "removing " + c.name);
    if (!IsUp(c)) return build_.Add(action::Remove{RefTo(c)}, cause);
    build_.Halt(c, cause);
  }
  bool Drained(const ObservedContainer& c, std::string_view cause) {
    if (build_.Silence(c, cause)) return false;
    auto age = observed_.ages.find(c.id);
    const Duration silent = age == observed_.ages.end() ? Duration(0) : age->second.attached;
    if (silent >= kDrain) return true;
    ComeBackIn(kDrain - silent);
    return false;
  }

  // The newest failed candidate, kept until the next success; null: there is none.
  static const ObservedContainer* RecordOf(const Slot& slot) {
    const ObservedContainer* record = nullptr;
    for (const ObservedContainer* c : slot.superfluous)
      if (slot.serving_old && !IsUp(*c) && (!record || SeqOf(*c) > SeqOf(*record))) record = c;
    return record;
  }

  // Nothing old serves: there shall be one container, up and as desired.
  void PlanSteady(const Slot& slot) {
    if (!slot.current) return CreateMissing(slot);
    if (WasKilled(slot)) return MakeSuccessor(slot);
    MendState(slot);
    if (Unusable(*slot.current).empty()) MendName(slot, *slot.current);
    MendLimits(slot);
  }

  // By itself and last: the Engine may refuse a limit (more processors than there are), and all else goes on.
  void MendLimits(const Slot& slot) {
    const ObservedContainer& c = *slot.current;
    if (c.state != ContainerState::Running || !LimitsDiffer(c, *slot.desired)) return;
    build_.NextGroup();
    build_.Add(action::SetLimits{RefTo(c), slot.desired->limits}, "drift: limits or restart policy");
  }

  void MendState(const Slot& slot) {
    const ObservedContainer& c = *slot.current;
    switch (c.state) {
      case ContainerState::Created:
        if (CannotRun(c)) return Say(Phase::Failed, "CannotRun", Describe(c));
        return StartAgain(slot, "not started yet");
      case ContainerState::Paused: return Unpause(c);
      case ContainerState::Exited: return PlanExited(slot);
      case ContainerState::Running: return MendRunning(slot);
      case ContainerState::Restarting: return Say(Phase::Failed, "CrashLoopBackOff", Describe(c));
      case ContainerState::Killed:
      case ContainerState::Removing:
      case ContainerState::Dead: return;  // sorted out before
    }
  }

  void CreateMissing(const Slot& slot) {
    if (IsFirstStart() && MustAwaitOthers()) return;
    if (MustFollowOthers(slot)) return;
    if (!HaveImage()) return;
    const std::string cause = "replica " + std::to_string(slot.desired->replica) + " is missing";
    const std::string name = Create(*slot.desired, cause);
    if (!MustWaitFor(slot, nullptr)) build_.Start({name, name}, cause);
  }

  // A replica that is added along with a new release comes when that has proven itself in the place of the others.
  bool MustFollowOthers(const Slot& slot) {
    const bool updating = std::ranges::any_of(grouped_.slots, [](const Slot& s) { return s.desired && s.serving_old; });
    if (!updating) return false;
    if (const FailedRelease* failure = FindFailure(*slot.desired)) {
      Say(Phase::Failed, "RolloutFailed", failure->message + Consequence());
    } else {
      Say(Phase::Progressing, "RollingOut", slot.desired->name + " follows the replicas before it");
    }
    return true;
  }

  // Returns its name.
  std::string Create(const DesiredContainer& d, std::string_view cause) {
    const int seq = grouped_.next_seq++;
    std::string name = grouped_.names.contains(d.name) ? CandidateName(d, seq) : d.name;
    build_.Create({.desired = d, .name = name, .seq = seq, .with_aliases = true}, cause);
    Say(Phase::Progressing, "Starting", "starting " + name);
    return name;
  }

  // Made while the Engine finds out what becomes of the one that was killed: then one of the two is started at once,
  // and the other goes.
  void MakeSuccessor(const Slot& slot) {
    if (slot.superfluous.empty() && HaveImage()) Create(*slot.desired, slot.current->name + " was killed");
  }

  void Unpause(const ObservedContainer& c) {
    build_.Add(action::Unpause{RefTo(c)}, "drift: state is paused");
    Say(Phase::Progressing, "Starting", "unpausing " + c.name);
  }

  void StartAgain(const Slot& slot, std::string_view cause) {
    const ObservedContainer& c = *slot.current;
    Say(Phase::Progressing, "Starting", "starting " + c.name);
    if (const std::string why = Unusable(c); !why.empty()) return build_.Add(action::Remove{RefTo(c)}, why);
    if (MustWaitFor(slot, &c)) return;
    MendNetworks(slot, c, cause);
    build_.Start(RefTo(c), cause);
  }

  void PlanExited(const Slot& slot) {
    const ObservedContainer& c = *slot.current;
    if (ShouldBeUp(c, *slot.desired)) return StartAgain(slot, "drift: state is exited");
    if (c.exit_code == 0)
      ++verdict_.ready_replicas;
    else
      Say(Phase::Failed, "ContainerFailed", Describe(c));
  }

  void MendRunning(const Slot& slot) {
    const ObservedContainer& c = *slot.current;
    const DesiredContainer& d = *slot.desired;
    if (EngineDisagrees(c, d))
      build_.Warn(warning::kEngineDisagrees, "the Engine keeps a limit that was removed from " + c.name);
    MendNetworks(slot, c, "drift: networks or aliases");
    build_.RewriteFiles(c);
    JudgeRunning(slot);
  }

  void JudgeRunning(const Slot& slot) {
    const ObservedContainer& c = *slot.current;
    const HealthVerdict health = Judge(c, *slot.desired);
    if (health.fitness == Fitness::Unhealthy) {
      Say(Phase::Failed, "Unhealthy", health.message);
      if (slot.desired->on_unhealthy == v1::OnUnhealthy::Restart) RestartUnhealthy(c, health.message);
    } else if (IsReady(slot)) {
      ++verdict_.ready_replicas;
    } else if (c.restart_count >= kCrashLoopRestarts) {
      ComeBackIn(context_.healthy_after);
      Say(Phase::Failed, "CrashLoopBackOff", c.name + " was restarted " + std::to_string(c.restart_count) + " times");
    } else {
      AwaitProof(health, "Starting");
    }
  }

  // What is halted here is started again by the next pass, and gets its restart policy back. Each run is to last as
  // long as all runs before it together, within bounds: a backoff that needs no memory.
  void RestartUnhealthy(const ObservedContainer& c, const std::string& why) {
    const auto before = std::chrono::duration_cast<Duration>(c.started - c.created);
    const Duration rest = std::clamp(before, kMinRestartPause, kMaxRestartPause) - RunningFor(c);
    if (rest > Duration(0)) return ComeBackIn(rest);
    build_.Halt(c, why);
  }

  void MendName(const Slot& slot, const ObservedContainer& c) {
    if (slot.Serves(c)) return;
    auto holder = grouped_.names.find(slot.desired->name);
    const bool candidate = c.name == CandidateName(*slot.desired, SeqOf(c));
    if (holder == grouped_.names.end())
      return build_.Add(action::Rename{RefTo(c), slot.desired->name}, candidate ? "takes over" : "drift: name");
    // The holder is of this workload and on its way out, or gets its own name back first.
    Say(Phase::Progressing, "Renaming",
        "container " + holder->second->id.substr(0, 12) + " still holds the name " + slot.desired->name);
    if (IsCurrentElsewhere(slot, *holder->second))
      build_.Add(action::Rename{RefTo(c), CandidateName(*slot.desired, SeqOf(c))}, "drift: name");
  }

  void MendNetworks(const Slot& slot, const ObservedContainer& c, std::string_view cause, bool with_aliases = true) {
    if (!slot.desired->spec.network_mode.empty()) return;
    build_.MendNetworks(c, StepBuilder::Attachments(*slot.desired, c.Label(label::kAddress), with_aliases), cause);
  }

  // --- replacement ---

  void PlanReplacement(const Slot& slot) {
    if (const FailedRelease* failure = FindFailure(*slot.desired)) return HoldOld(slot, *failure);
    const std::string cause = ReplaceCause(*slot.serving_old, *slot.desired);
    Advance(slot, cause);
    Say(Phase::Progressing, "RollingOut", cause);  // unless there is more to say
  }

  void Advance(const Slot& slot, const std::string& cause) {
    if (!slot.current) return CreateCandidate(slot, cause);
    const ObservedContainer& candidate = *slot.current;
    if (const std::string why = Unusable(candidate); !why.empty())
      return build_.Add(action::Remove{RefTo(candidate)}, why);
    if (const std::string why = WhyFailed(slot); !why.empty())
      return candidate.created < context_.facts.retried ? TryAnew(candidate) : FailRelease(slot, cause, why);
    if (StartWasRefused(candidate)) return RetryRefused(slot);
    if (candidate.state == ContainerState::Paused) return Unpause(candidate);
    if (candidate.state == ContainerState::Created) return StartCandidate(slot, cause);
    if (SideBySide(slot))
      KeepOld(slot);
    else if (IsUp(*slot.serving_old))
      build_.Halt(*slot.serving_old, cause);  // started by hand beside its replacement
    if (!Proven(slot)) {
      JoinMissing(slot, cause);
      return AwaitCandidate(slot);
    }
    if (MaySwitch(slot)) Switch(slot, cause);
  }

  // A switch that was cut short leaves a candidate without a network, where nobody can probe it.
  void JoinMissing(const Slot& slot, const std::string& cause) {
    const ObservedContainer& c = *slot.current;
    if (c.state != ContainerState::Running || !slot.desired->spec.network_mode.empty()) return;
    const bool with_aliases = !SideBySide(slot) || PublishesPorts(*slot.desired);
    for (NetworkAttachment& n : StepBuilder::Attachments(*slot.desired, c.Label(label::kAddress), with_aliases))
      if (!c.networks.contains(n.network)) build_.Add(action::Connect{RefTo(c), std::move(n)}, cause);
  }

  void AwaitCandidate(const Slot& slot) {
    const HealthVerdict health = Judge(*slot.current, *slot.desired);
    if (health.fitness != Fitness::Unreachable)
      ComeBackIn(std::max(context_.deadline - RunningFor(*slot.current), Duration(1)));
    AwaitProof(health, "RollingOut");
  }

  // What ran well once, or runs in part, is repaired whatever others do.
  bool IsFirstStart() const {
    return context_.facts.good.empty() &&
           std::none_of(observed_.containers.begin(), observed_.containers.end(),
                        [&](const ObservedContainer& c) { return c.started != SysTime{} && !IsForeign(c); });
  }
  bool MustAwaitOthers() {
    if (context_.awaited.empty() && context_.cycle.empty()) return false;
    ComeBackIn(kDependencyPoll);
    Say(Phase::Waiting, "DependencyNotReady", context_.awaited);
    return true;
  }

  // What has begun is brought to its end: else half of the replicas would be of another version for a day.
  bool MustAwaitWindow() {
    const bool begun =
        std::any_of(grouped_.slots.begin(), grouped_.slots.end(), [](const Slot& s) { return s.desired && s.current; });
    if (context_.closed.empty() || begun) return false;
    Say(Phase::Waiting, "OutsideWindow", context_.closed);
    if (context_.opens_in) ComeBackIn(*context_.opens_in);
    return true;
  }

  void CreateCandidate(const Slot& slot, const std::string& cause) {
    if (MustAwaitOthers() || MustAwaitWindow() || !HaveImage() || !MyTurn(slot)) return KeepOld(slot);
    const bool side_by_side = SideBySide(slot);
    if (!side_by_side && BlockedByOthers()) return KeepOld(slot);
    const int seq = grouped_.next_seq++;
    const std::string name = CandidateName(*slot.desired, seq);
    build_.Create({.desired = *slot.desired,
                   .name = name,
                   .seq = seq,
                   .with_aliases = !side_by_side,
                   .replaces = slot.serving_old},
                  cause);
    if (side_by_side)
      KeepOld(slot);
    else
      build_.Halt(*slot.serving_old, cause);
    if (!MustWaitFor(slot, nullptr)) build_.Start({name, name}, cause);
  }

  // Restart is off before the stop, so that no reboot brings both up.
  void StartCandidate(const Slot& slot, const std::string& cause) {
    if (BlockedByOthers()) return KeepOld(slot);
    if (SideBySide(slot))
      KeepOld(slot);
    else if (IsUp(*slot.serving_old))
      build_.Halt(*slot.serving_old, cause);
    if (MustWaitFor(slot, slot.current)) return;
    MendNetworks(slot, *slot.current, cause, !SideBySide(slot) || PublishesPorts(*slot.desired));
    build_.Start(RefTo(*slot.current), cause);
  }

  // The host refused to start the candidate, which says nothing about the release. The old one serves meanwhile; where
  // it has to make room for each try, tries are far apart.
  void RetryRefused(const Slot& slot) {
    const ObservedContainer& candidate = *slot.current;
    Say(Phase::Waiting, "StartRefused", Describe(candidate) + "; the old version serves meanwhile");
    if (SideBySide(slot)) {
      KeepOld(slot);
      return StartCandidate(slot, "the host refused its start");
    }
    const Duration served = RunningFor(*slot.serving_old);
    if (served >= kRefusedRetry)
      return build_.Add(action::Remove{RefTo(candidate)}, "the host refused its start; trying again");
    ComeBackIn(kRefusedRetry - served);
    KeepOld(slot);
  }

  // A person asked for another try: what failed before says nothing any more.
  void TryAnew(const ObservedContainer& c) {
    constexpr std::string_view kCause = "to be tried again";
    return IsUp(c) ? build_.Halt(c, kCause) : build_.Add(action::Remove{RefTo(c)}, kCause);
  }

  void FailRelease(const Slot& slot, const std::string& cause, const std::string& why) {
    const ObservedContainer& c = *slot.current;
    if (const FailedRelease* known = FindFailure(*slot.desired, c.image_id)) {
      if (observed_.image_id.value_or(c.image_id) == c.image_id) return HoldOld(slot, *known);
      KeepOld(slot);
      // The tag has another image now, which has not been tried.
      return IsUp(c) ? build_.Halt(c, cause) : build_.Add(action::Remove{RefTo(c)}, cause);
    }
    FailedRelease release{
        .release = ReleaseOf(*slot.desired), .image_id = c.image_id, .message = why, .at = context_.now};
    build_.Add(action::RecordFailure{desired_.workload, release, RefTo(c)}, why);
    if (!Held()) build_.Halt(c, "release failed");
    if (SideBySide(slot)) KeepOld(slot);
    Say(Phase::Failed, "RolloutFailed", why + Consequence());
    ComeBackIn(Duration(1));
  }
  bool Held() const { return context_.on_failure == v1::OnRolloutFailure::Hold; }
  std::string Consequence() const {
    return Held() ? "; everything is left as it is (onFailure: Hold)" : "; the old version stays";
  }

  // The release failed: its containers are down for good, the old one is up; or, if asked, all stays for a person to
  // look at.
  void HoldOld(const Slot& slot, const FailedRelease& failure) {
    const std::string words = failure.last_lines.empty() ? "" : "; its last words: " + failure.last_lines;
    Say(Phase::Failed, "RolloutFailed", failure.message + Consequence() + words);
    if (slot.current && !Held()) build_.Halt(*slot.current, "release failed");
    if (!slot.current || !Held() || SideBySide(slot)) KeepOld(slot);
  }

  // Whatever its replacement waits for, what serves keeps serving.
  void KeepOld(const Slot& slot) {
    const ObservedContainer& old = *slot.serving_old;
    if (!SideBySide(slot) && OthersUp(slot, &old)) return;
    const bool wanted = ShouldBeUp(old, *slot.desired) || MadeRoom(old, slot);
    if (old.state == ContainerState::Running || !wanted) ++verdict_.ready_replicas;
    if (old.state == ContainerState::Paused) build_.Add(action::Unpause{RefTo(old)}, "drift: state is paused");
    if (HaltedByUs(old, *slot.desired)) {
      Limits limits = old.limits;
      limits.restart = slot.desired->limits.restart;
      build_.Add(action::SetLimits{RefTo(old), limits}, "the old version stays");
    }
    MendName(slot, old);
    const bool down = old.state == ContainerState::Created || old.state == ContainerState::Exited;
    if (down && wanted && !BlockedByOthers()) build_.Start(RefTo(old), "the old version stays");
  }

  // All new ones proven (BlueGreen), or this one (Rolling, Recreate).
  bool MaySwitch(const Slot& slot) const {
    if (context_.strategy != v1::RolloutStrategy::BlueGreen || !SideBySide(slot)) return true;
    return std::all_of(grouped_.slots.begin(), grouped_.slots.end(),
                       [&](const Slot& s) { return !s.desired || !s.serving_old || (s.current && Proven(s)); });
  }

  // Rolling: one replica at a time. What a replica replaced may still be drained meanwhile.
  bool MyTurn(const Slot& slot) const {
    if (context_.strategy != v1::RolloutStrategy::Rolling) return true;
    for (const Slot& s : grouped_.slots) {
      if (!s.desired) continue;
      if (s.serving_old) return &s == &slot;
      if (s.current && !IsReady(s)) return false;  // the new release does not hold where it serves already
    }
    return false;
  }

  void Switch(const Slot& slot, const std::string& cause) {
    const ObservedContainer& old = *slot.serving_old;
    const ObservedContainer& candidate = *slot.current;
    MendNetworks(slot, candidate, cause);
    if (slot.Serves(old)) build_.Add(action::Rename{RefTo(old), CandidateName(*slot.desired, SeqOf(old))}, cause);
    if (!slot.Serves(candidate)) build_.Add(action::Rename{RefTo(candidate), slot.desired->name}, cause);
  }

  // --- shared questions ---

  std::optional<GoodRelease> NewlyProven() const {
    if (grouped_.slots.empty() || !grouped_.slots.front().current) return std::nullopt;
    const auto& good = context_.facts.good;
    const std::string& image = grouped_.slots.front().current->image_id;
    if (!good.empty() && good.back().image_id == image && good.back().reference == desired_.image) return std::nullopt;
    return GoodRelease{.revision = context_.revision,
                       .reference = desired_.image,
                       .image_id = image,
                       .version = desired_.version.substr(0, desired_.version.find(' ')),
                       .at = context_.now};
  }

  static std::string CandidateName(const DesiredContainer& d, int seq) { return d.name + "." + std::to_string(seq); }

  // Says what is awaited when the image is not there.
  bool HaveImage() {
    if (observed_.image_id) return true;
    if (observed_.pull_failure)
      Say(Phase::Waiting, "ImagePullFailed", observed_.pull_failure->message);
    else
      Say(Phase::Waiting, "PullingImage", "pulling " + desired_.image);
    ComeBackIn(kImagePoll);
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

bool NeedsImage(const DesiredState& desired, const ObservedState& observed, const PlanContext& context) {
  return !context.facts.stopped && Planner(desired, observed, context).MustCreate();
}

Decision ComputePlan(const DesiredState& desired, const ObservedState& observed, const PlanContext& context) {
  Planner planner(desired, observed, context);
  return context.facts.stopped ? planner.Stop() : planner.Run();
}

Decision ComputeTeardown(const ObservedState& observed) {
  const DesiredState nothing;
  const PlanContext context;
  StepBuilder build(nothing, observed, context);
  Ownership ownership = ClassifyOwnership(observed.containers);
  std::set<std::string> networks;
  bool last = true;
  for (const ObservedContainer* c : ownership.owned) {
    last = last && !IsUp(*c) && c->state != ContainerState::Removing;
    for (const auto& [network, endpoint] : c->networks) networks.insert(network);
    build.NextGroup();
    if (IsUp(*c))
      build.Halt(*c, "removed from the configuration");
    else if (c->state != ContainerState::Removing)
      build.Add(action::Remove{RefTo(*c)}, "removed from the configuration");
  }
  if (last)
    for (const std::string& network : networks)
      build.Add(action::RemoveNetwork{network}, "removed from the configuration");
  Decision decision{build.Take(), {}, {}};
  if (!decision.plan.empty())
    decision.verdict = {.phase = Phase::Progressing, .reason = "Deleting", .message = "removing its containers"};
  return decision;
}

}  // namespace tinyforge
