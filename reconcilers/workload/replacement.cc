#include "reconcilers/workload/replacement.h"

#include <algorithm>

#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/hooks.h"
#include "reconcilers/workload/sharing.h"
#include "reconcilers/workload/trial.h"

namespace tinyforge {
namespace {

constexpr Duration kRefusedRetry = std::chrono::minutes(5);
constexpr std::string_view kTriedBeside =
    " (tried beside the old version; where two cannot run at once, say rollout.strategy: Recreate)";

// It has a network of its own.
bool MayJoin(const ObservedContainer& c) {
  const std::string_view mode = c.network_mode;
  return mode != "host" && mode != "none" && !mode.starts_with("container:");
}

class Replacement {
 public:
  Replacement(Draft& draft, const Slot& slot)
      : draft_(draft),
        slot_(slot),
        desired_(*slot.desired),
        old_(*slot.serving_old),
        side_by_side_(draft.neighbours.SideBySide(slot)),
        cause_(ReplaceCause(old_, desired_)) {
    if (TriesFirst()) trial_ = TrialOf(desired_);
  }

  void Plan() {
    if (const FailedRelease* failure = draft_.judge.FindFailure(desired_)) return HoldOld(*failure);
    Advance();
    draft_.Say(Phase::Progressing, "RollingOut", cause_);  // unless there is more to say
  }

 private:
  void Advance() {
    if (!slot_.current) return Begin();
    const ObservedContainer& candidate = *slot_.current;
    if (const std::string why = Unusable(candidate); !why.empty())
      return draft_.build.Add(action::Remove{RefTo(candidate)}, why);
    const bool proven = draft_.judge.Proven(slot_);
    if (const std::string moved = FileThatMoved(candidate); !moved.empty() && !proven) {
      Discard(candidate, moved);
      return side_by_side_ ? KeepOld() : void();
    }
    if (const std::string why = draft_.judge.WhyFailed(slot_); !why.empty()) return Refuse(candidate, why);
    if (const std::string why = WhyTooLate(candidate); !why.empty()) return Refuse(candidate, why);
    if (!proven && WasInterrupted(candidate)) return BeginAnew(candidate);
    if (StartWasRefused(candidate)) return RetryRefused();
    if (candidate.state == ContainerState::Paused) return draft_.Unpause(candidate);
    if (candidate.state == ContainerState::Created) return StartCandidate(cause_);
    if (!side_by_side_ && IsUp(old_)) draft_.build.Halt(old_, cause_);  // started by hand beside its replacement
    if (proven && MaySwitch()) return Switch();
    if (!proven) AwaitCandidate(candidate, desired_);
    if (side_by_side_) KeepOld();
  }

  // It was put down before it was proven, by a person, a reboot, or for a failure that is forgotten.
  void BeginAnew(const ObservedContainer& candidate) {
    Discard(candidate, "it was stopped before it was proven");
    KeepOld();
  }

  // What a candidate was begun with says nothing about what a newer commit wants it to read. One that this commit began
  // is not begun anew, whatever is written. Empty: it has what it should.
  std::string FileThatMoved(const ObservedContainer& c) const {
    if (c.Label(label::kRevision) == draft_.context.revision) return {};
    const auto& written = draft_.observed.written_files;
    for (const DesiredFile& file : draft_.desired.files) {
      const auto found = written.find(file.host_path);
      const bool in_place = file.on_change.action != v1::FileChange::Recreate;
      if (in_place && found != written.end() && !found->second.empty() && found->second != file.content_hash)
        return "file " + file.target + " differs";
    }
    return {};
  }

  void Begin() {
    if (slot_.trial && !trial_) {
      Discard(*slot_.trial, "it is not to be tried first any more");
      draft_.build.NextGroup();
    }
    if (!trial_) return CreateCandidate();
    slot_.trial ? AdvanceTrial(*slot_.trial) : CreateTrial();
  }

  // --- the trial ---

  // A repair brings nothing that is not known.
  bool TriesFirst() const {
    return draft_.context.trial && !side_by_side_ && OldServes() && IsUpdate() &&
           InheritedVolumes(old_, desired_).empty();
  }
  // Also between two starts: what ends once is brought back by the Engine. Only what serves is worth the wait.
  bool OldServes() const {
    const bool loops = old_.state == ContainerState::Restarting && old_.restart_count >= kCrashLoopRestarts;
    return (IsUp(old_) || old_.state == ContainerState::Killed) && !loops;
  }

  void CreateTrial() {
    if (MayBegin()) {
      const int seq = draft_.NextSeq();
      const std::string name = CandidateName(desired_, seq) + ".trial";
      draft_.build.Create({.desired = *trial_, .name = name, .seq = seq, .with_aliases = false}, cause_);
      draft_.build.Start({name, name}, cause_);
    }
    KeepOld();
  }

  void AdvanceTrial(const ObservedContainer& c) {
    const Slot tried{.desired = &*trial_, .current = &c, .serving_old = &old_};
    const std::string why = draft_.judge.WhyFailed(tried);
    if (const std::string unusable = Unusable(c); !unusable.empty())
      draft_.build.Add(action::Remove{RefTo(c)}, unusable);
    else if (const std::string moved = FileThatMoved(c); !moved.empty())
      Discard(c, moved);
    else if (draft_.observed.image_id && c.image_id != *draft_.observed.image_id)
      Discard(c, cause_);  // the tag has another image now
    else if (!why.empty())
      return Refuse(c, why);
    else if (WasInterrupted(c) && !draft_.judge.Proven(tried))
      Discard(c, "it was stopped before it was proven");
    else if (draft_.judge.Proven(tried))
      return CreateCandidate();
    else
      BringUpTrial(c);
    KeepOld();
  }

  void BringUpTrial(const ObservedContainer& c) {
    if (c.state == ContainerState::Paused) return draft_.Unpause(c);
    if (c.state != ContainerState::Created) return AwaitCandidate(c, *trial_);
    if (StartWasRefused(c))
      draft_.Say(Phase::Waiting, "StartRefused", Describe(c) + "; the old version serves meanwhile");
    draft_.build.Start(RefTo(c), cause_);
  }

  // --- the candidate ---

  // What a start waits for; it is said.
  bool MayBegin() {
    if (IsUpdate() && (draft_.MustAwaitOthers() || MustAwaitWindow())) return false;
    if (!draft_.HaveImage() || !MyTurn() || draft_.MustAwaitShared(desired_)) return false;
    return side_by_side_ || !draft_.BlockedByOthers();
  }

  void CreateCandidate() {
    if (!MayBegin()) return KeepOld();
    const int seq = draft_.NextSeq();
    const std::string name = CandidateName(desired_, seq);
    draft_.build.Create(
        {.desired = desired_, .name = name, .seq = seq, .with_aliases = !side_by_side_, .replaces = &old_}, cause_);
    if (!side_by_side_ && !draft_.judge.Completed(old_, desired_)) draft_.build.Halt(old_, cause_);
    if (!draft_.MustWaitFor(slot_, nullptr)) draft_.build.Start({name, name}, cause_);
    if (side_by_side_) KeepOld();
  }

  // A repair waits for no window and for nobody.
  bool IsUpdate() const { return !IsAlteredCause(cause_) && !IsFollowCause(cause_); }

  // What has begun is brought to its end: else half of the replicas would be of another version for a day.
  bool MustAwaitWindow() {
    const PlanContext& context = draft_.context;
    const bool begun =
        std::ranges::any_of(draft_.slots.slots, [](const Slot& s) { return s.desired && (s.current || s.trial); });
    if (context.closed.empty() || begun) return false;
    draft_.Say(Phase::Waiting, "OutsideWindow", context.closed);
    if (context.opens_in) draft_.ComeBackIn(*context.opens_in);
    return true;
  }

  // Rolling: one replica at a time. What a replica replaced may still be drained meanwhile.
  bool MyTurn() const {
    if (draft_.context.strategy != v1::RolloutStrategy::Rolling) return true;
    for (const Slot& s : draft_.slots.slots) {
      if (!s.desired) continue;
      if (s.serving_old) return &s == &slot_;
      // The new release does not hold where it serves already.
      if (s.current && !draft_.judge.IsReady(s)) return false;
    }
    return false;
  }

  // Where the two may not run at once, restart is off before the stop, so that no reboot brings both up.
  void StartCandidate(std::string_view cause) {
    if (draft_.BlockedByOthers()) return KeepOld();
    if (!side_by_side_ && IsUp(old_)) draft_.build.Halt(old_, cause);
    if (!draft_.MustWaitFor(slot_, slot_.current)) {
      draft_.MendNetworks(slot_, *slot_.current, cause, !side_by_side_ || PublishesPorts(desired_));
      draft_.build.Start(RefTo(*slot_.current), cause);
    }
    if (side_by_side_) KeepOld();
  }

  // The host refused to start the candidate, which says nothing about the release. The old one serves meanwhile; where
  // it has to make room for each try, tries are far apart, unless a person asks for one.
  void RetryRefused() {
    const ObservedContainer& candidate = *slot_.current;
    draft_.Say(Phase::Waiting, "StartRefused", Describe(candidate) + "; the old version serves meanwhile");
    if (side_by_side_) return StartCandidate("the host refused its start");
    const Duration served = draft_.judge.RunningFor(old_);
    if (served >= kRefusedRetry || candidate.created < draft_.context.facts.retried)
      return draft_.build.Add(action::Remove{RefTo(candidate)}, "the host refused its start; trying again");
    draft_.ComeBackIn(kRefusedRetry - served);
    KeepOld();
  }

  // A switch that was cut short leaves a candidate without a network, where nobody can probe it; a network that was
  // being made anew leaves an old one so, where nobody finds it.
  void JoinMissing(const ObservedContainer& c, const DesiredContainer& d, bool with_aliases) {
    if (c.state != ContainerState::Running || !d.spec.network_mode.empty() || !MayJoin(c)) return;
    for (NetworkAttachment& n : StepBuilder::Attachments(d, c.Label(label::kAddress), with_aliases))
      if (!c.networks.contains(n.network)) draft_.build.Add(action::Connect{RefTo(c), std::move(n)}, cause_);
  }

  void AwaitCandidate(const ObservedContainer& c, const DesiredContainer& d) {
    JoinMissing(c, d, !side_by_side_ || PublishesPorts(d));
    const HealthVerdict health = draft_.judge.Health(c, d);
    if (health.fitness != Fitness::Unreachable)
      draft_.ComeBackIn(std::max(draft_.context.deadline - draft_.judge.ProvingFor(c), Duration(1)));
    draft_.AwaitProof(health, "RollingOut");
  }

  // What its hooks wait for says nothing of a release; but where the old one has made room nobody serves meanwhile, and
  // a deadline that ends that counts as any other.
  std::string WhyTooLate(const ObservedContainer& c) const {
    if (side_by_side_ || draft_.Held()) return {};
    const auto hooks = AwaitedHooks(c, draft_.observed, draft_.context.facts);
    const Duration deadline = draft_.context.deadline;
    if (!hooks || hooks->fitness != Fitness::Unreachable || draft_.judge.RunningFor(c) < deadline) return {};
    return "the deadline of " + FormatDuration(deadline) + " has passed: " + hooks->message;
  }

  // --- the switch ---

  // All new ones proven (BlueGreen), or this one (Rolling, Recreate).
  bool MaySwitch() const {
    if (draft_.context.strategy != v1::RolloutStrategy::BlueGreen || !side_by_side_) return true;
    return std::ranges::all_of(draft_.slots.slots, [&](const Slot& s) {
      return !s.desired || !s.serving_old || (s.current && draft_.judge.Proven(s));
    });
  }

  void Switch() {
    const ObservedContainer& candidate = *slot_.current;
    if (side_by_side_) CountOld();
    draft_.MendNetworks(slot_, candidate, cause_);
    // Between two starts of a crash loop the Engine renames nothing, and nobody is served.
    if (old_.state == ContainerState::Restarting) draft_.build.Halt(old_, cause_, StepBuilder::Ending::Kill);
    if (slot_.Serves(old_)) draft_.build.Add(action::Rename{RefTo(old_), CandidateName(desired_, SeqOf(old_))}, cause_);
    if (!slot_.Serves(candidate)) draft_.build.Add(action::Rename{RefTo(candidate), desired_.name}, cause_);
  }

  // --- a failed release ---

  // Once a person asked for another try, what failed before says nothing any more.
  void Refuse(const ObservedContainer& c, const std::string& why) {
    if (c.created >= draft_.context.facts.retried) return FailRelease(c, why);
    Discard(c, "to be tried again");
    if (OldStaysUp(c)) KeepOld();
  }
  bool OldStaysUp(const ObservedContainer& candidate) const { return side_by_side_ || &candidate == slot_.trial; }
  void Discard(const ObservedContainer& c, std::string_view cause) {
    return IsUp(c) ? draft_.build.Halt(c, cause) : draft_.build.Add(action::Remove{RefTo(c)}, cause);
  }

  void FailRelease(const ObservedContainer& c, const std::string& why) {
    if (const FailedRelease* known = draft_.judge.FindFailure(desired_, c.image_id)) {
      if (draft_.observed.image_id.value_or(c.image_id) == c.image_id) return HoldOld(*known);
      Discard(c, cause_);  // the tag has another image now, which has not been tried
      return KeepOld();
    }
    FailedRelease release{
        .release = draft_.judge.ReleaseOf(desired_), .image_id = c.image_id, .message = why, .at = draft_.context.now};
    if (IsTrial(c)) release.message += kTriedBeside;
    draft_.build.Add(action::RecordFailure{FactKeyOf(draft_.desired), release, RefTo(c)}, why);
    if (!draft_.Held()) PutDown(c);
    if (OldStaysUp(c)) KeepOld();
    draft_.Say(Phase::Failed, "RolloutFailed", why + draft_.Consequence());
    draft_.ComeBackIn(Duration(1));
  }

  // What ended by itself, and runs or is about to run again by the Engine's doing alone, gets no time to end well: the
  // old one may be waiting for its place.
  void PutDown(const ObservedContainer& c) {
    const bool ended = c.state == ContainerState::Restarting || c.restart_count > 0;
    draft_.build.Halt(c, "release failed", ended ? StepBuilder::Ending::Kill : StepBuilder::Ending::Stop);
  }

  // The release failed: its containers are down for good, the old one is up; or, if asked, all stays for a person to
  // look at.
  void HoldOld(const FailedRelease& failure) {
    const std::string words = failure.last_lines.empty() ? "" : "; its last words: " + failure.last_lines;
    draft_.Say(Phase::Failed, "RolloutFailed", failure.message + draft_.Consequence() + words);
    for (const ObservedContainer* c : {slot_.current, slot_.trial})
      if (c && !draft_.Held()) PutDown(*c);
    if (!slot_.current || !draft_.Held() || side_by_side_) KeepOld();
  }

  // --- the old one ---

  bool OldIsWanted() const { return draft_.judge.ShouldBeUp(old_, desired_) || MadeRoom(old_, slot_); }
  void CountOld() {
    const bool wanted = OldIsWanted();
    const auto hooks = wanted ? AwaitedHooks(old_, draft_.observed, draft_.context.facts) : std::nullopt;
    constexpr std::string_view kOld = "; the old version: ";
    if (hooks && draft_.verdict.message.find(kOld) == std::string::npos)
      draft_.verdict.message += std::string(kOld) + hooks->message;
    else if (hooks)
      return;  // one speaks for all
    else if (!wanted || old_.state == ContainerState::Running)
      ++draft_.verdict.ready_replicas;
  }

  // Whatever its replacement waits for, what serves keeps serving. In a group of its own: an old one that cannot be
  // had up again holds up nothing.
  void KeepOld() {
    if (!side_by_side_ && draft_.neighbours.OthersUp(slot_, &old_)) return;
    CountOld();
    draft_.build.NextGroup();
    if (old_.state == ContainerState::Paused) draft_.build.Add(action::Unpause{RefTo(old_)}, "drift: state is paused");
    if (HaltedByUs(old_, desired_)) {
      Limits limits = old_.limits;
      limits.restart = desired_.limits.restart;
      limits.max_attempts = desired_.limits.max_attempts;
      limits.unless_stopped = desired_.limits.unless_stopped;
      draft_.build.Add(action::SetLimits{RefTo(old_), limits}, "the old version stays");
    }
    draft_.MendName(slot_, old_);
    JoinMissing(old_, desired_, true);
    const bool down = old_.state == ContainerState::Created || old_.state == ContainerState::Exited;
    if (down && OldIsWanted() && FollowCause(old_, desired_).empty() && !CannotRun(old_) && !draft_.BlockedByOthers())
      BringBackOld();
  }
  // What cannot be written for the new one is no reason to leave it down.
  void BringBackOld() {
    constexpr std::string_view kCause = "the old version stays";
    draft_.build.WriteFiles(kCause);
    draft_.build.NextGroup();
    draft_.build.StartAsItIs(RefTo(old_), kCause);
  }

  Draft& draft_;
  const Slot& slot_;
  const DesiredContainer& desired_;
  const ObservedContainer& old_;
  const bool side_by_side_;
  const std::string cause_;
  std::optional<DesiredContainer> trial_;  // to be proven before the old one makes room; empty: nothing is
};

}  // namespace

void PlanReplacement(Draft& draft, const Slot& slot) {
  Replacement(draft, slot).Plan();
}

}  // namespace tinyforge
