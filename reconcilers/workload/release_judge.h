// What a container says about its release: a verdict is remembered, and what it means is decided by others.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/workload/compute_plan.h"
#include "reconcilers/workload/health.h"
#include "reconcilers/workload/slots.h"

namespace tinyforge {

class ReleaseJudge {
 public:
  // All arguments are kept by reference and must outlive the judge.
  ReleaseJudge(const DesiredState& desired, const ObservedState& observed, const PlanContext& context)
      : desired_(desired), observed_(observed), context_(context) {}

  HealthVerdict Health(const ObservedContainer& container, const DesiredContainer& desired) const;
  // How long it has run without a restart.
  Duration RunningFor(const ObservedContainer& container) const { return tinyforge::RunningFor(container, observed_); }
  // For how long it has had the time to prove itself: not before its hooks have ended, which have a limit of their own.
  Duration ProvingFor(const ObservedContainer& container) const;

  // The current container of a slot has shown that its release holds.
  bool Proven(const Slot& slot) const;
  // The same, or it ran well before this controller looked: taken to be as it was left until it is known better.
  bool IsReady(const Slot& slot) const;
  // A verdict on the release of the current container; empty: none. A start that the world refused (a held port) is
  // none, nor is a container that the controller cannot reach.
  std::string WhyFailed(const Slot& slot) const;

  // It has done what it is for: exit code 0, by a policy that leaves it so. Of what nobody said to end (a job, see
  // DesiredState) that is known when it ended by itself, neither stopped nor with the Engine or the host; or when an
  // earlier release of it has ended so.
  bool Completed(const ObservedContainer& container, const DesiredContainer& desired) const;

  // It is down and nobody wants it so.
  bool ShouldBeUp(const ObservedContainer& container, const DesiredContainer& desired) const;

  // All that makes this release what it is: what failed is tried again when any of it changes.
  std::string ReleaseOf(const DesiredContainer& desired) const;
  // This release has completed: nothing is to be made of it again, though its container is gone.
  bool IsDone(const DesiredContainer& desired) const;
  // A failure that the facts remember, of the image at hand or of `image_id`; null: there is none.
  const FailedRelease* FindFailure(const DesiredContainer& desired) const;
  const FailedRelease* FindFailure(const DesiredContainer& desired, std::string_view image_id) const;

 private:
  bool CompletionCounts(const Slot& slot) const;
  bool Served(const ObservedContainer& container, const DesiredContainer& desired) const;
  bool WasStoppedOnPurpose(const ObservedContainer& container) const;

  const DesiredState& desired_;
  const ObservedState& observed_;
  const PlanContext& context_;
};

// The Engine has restarted it as often: it does not hold.
inline constexpr int kCrashLoopRestarts = 3;

// "shop.4 is exited, exit code 3"
std::string Describe(const ObservedContainer& container);

// Its command cannot be executed at all.
bool CannotRun(const ObservedContainer& container);

// The Engine could not start it, for a reason that says nothing about the release.
bool StartWasRefused(const ObservedContainer& container);

// Why a container can never be started, whatever it holds; empty: it may be. Another one can be made in its place.
std::string Unusable(const ObservedContainer& container);

bool WasKilled(const Slot& slot);

// It was put down from outside, which says nothing about its release.
bool WasInterrupted(const ObservedContainer& container);

// `old` ran when its replacement was made, and ended after that: for its sake.
bool MadeRoom(const ObservedContainer& old, const Slot& slot);

}  // namespace tinyforge
