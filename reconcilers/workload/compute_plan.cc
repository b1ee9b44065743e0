#include "reconcilers/workload/compute_plan.h"

#include <algorithm>
#include <set>

#include "reconcilers/workload/decided_image.h"
#include "reconcilers/workload/draft.h"
#include "reconcilers/workload/hooks.h"
#include "reconcilers/workload/replacement.h"
#include "reconcilers/workload/retirement.h"
#include "reconcilers/workload/steady.h"
#include "reconcilers/workload/teardown_order.h"

namespace tinyforge {
namespace {

constexpr std::string_view kRemoved = "removed from the configuration";

void WarnOfForeign(Draft& draft) {
  for (const ForeignContainer& f : draft.slots.foreign)
    draft.build.Warn(warning::kForeignContainer, "container " + f.name + " (" + ShortId(f.id) +
                                                     ") bears the labels of this workload, but " + f.reason +
                                                     "; it is left alone");
}

std::optional<GoodRelease> NewlyProven(const Draft& draft) {
  const auto& slots = draft.slots.slots;
  if (slots.empty() || !slots.front().current) return std::nullopt;
  const auto& good = draft.context.facts.good;
  const DesiredState& desired = draft.desired;
  const std::string& image = slots.front().current->image_id;
  if (!good.empty() && good.back().image_id == image && good.back().reference == desired.image) return std::nullopt;
  return GoodRelease{.revision = draft.context.revision,
                     .reference = desired.image,
                     .image_id = image,
                     .version = desired.version.substr(0, desired.version.find(' ')),
                     .at = draft.context.now,
                     .digest = DigestOf(slots.front().current->image)};
}

// The release that has run to its end, of all replicas; empty: it runs.
std::string DoneRelease(const Draft& draft) {
  if (draft.slots.slots.empty()) return {};
  const auto ended = [&](const Slot& s) {
    return s.desired && (s.current ? draft.judge.Completed(*s.current, *s.desired) : draft.judge.IsDone(*s.desired));
  };
  if (!std::ranges::all_of(draft.slots.slots, ended)) return {};
  return draft.judge.ReleaseOf(*draft.slots.slots.front().desired);
}

// Down on purpose, and kept so.
Decision KeepStopped(Draft& draft) {
  draft.Say(Phase::Stopped, "Stopped", "stopped on purpose; to start it: tfctl start " + draft.desired.workload);
  for (const ObservedContainer* c : ClassifyOwnership(draft.observed.containers).owned) {
    draft.build.NextGroup();
    if (IsUp(*c)) draft.build.Halt(*c, "stopped on purpose");
  }
  return {draft.build.Take(), std::move(draft.verdict), {}, {}};
}

}  // namespace

bool NeedsImage(const DesiredState& desired, const ObservedState& observed, const PlanContext& context) {
  if (context.facts.stopped) return false;
  const Draft draft(desired, observed, context);
  return std::ranges::any_of(draft.slots.slots, [&](const Slot& s) {
    const bool stays = s.current && !WasKilled(s) && Unusable(*s.current).empty();
    if (!s.desired || stays || (!s.serving_old && draft.judge.IsDone(*s.desired))) return false;
    return !s.serving_old || !draft.judge.FindFailure(*s.desired);
  });
}

Decision ComputePlan(const DesiredState& desired, const ObservedState& observed, const PlanContext& context) {
  Draft draft(desired, observed, context);
  if (context.facts.stopped) return KeepStopped(draft);
  if (!context.cycle.empty()) {
    draft.Say(Phase::Failed, "DependencyCycle", "dependsOn leads back to itself: " + context.cycle);
    draft.verdict.stalled = true;
  }
  for (const Slot& slot : draft.slots.slots) {
    if (slot.desired) slot.serving_old ? PlanReplacement(draft, slot) : PlanSteady(draft, slot);
    draft.build.NextGroup();
  }
  PlanHooks(draft);
  PlanRetirement(draft);  // last, so that what cannot be removed holds up nothing
  WarnOfForeign(draft);
  Decision decision{draft.build.Take(), std::move(draft.verdict), {}, {}};
  if (!decision.plan.empty() || decision.verdict.phase != Phase::Ready) return decision;
  decision.proven = NewlyProven(draft);
  decision.done = DoneRelease(draft);
  return decision;
}

Decision ComputeTeardown(const ObservedState& observed) {
  const DesiredState nothing;
  const PlanContext context;
  StepBuilder build(nothing, observed, context);
  const auto owned = ClassifyOwnership(observed.containers).owned;
  const auto waiting = AwaitDependents(owned);
  std::set<std::string> leaves;  // networks
  std::set<std::string> needed;
  for (const ObservedContainer* c : owned) {
    const bool goes = !IsUp(*c) && c->state != ContainerState::Removing;
    for (const auto& [network, endpoint] : c->networks) (goes ? leaves : needed).insert(network);
    build.NextGroup();
    if (goes)
      build.Add(action::Remove{RefTo(*c)}, kRemoved);
    else if (IsUp(*c) && !waiting.contains(c))
      build.Halt(*c, kRemoved);
  }
  for (const std::string& network : leaves)
    if (!needed.contains(network)) build.Add(action::RemoveNetwork{network}, kRemoved);
  Decision decision{build.Take(), {}, {}, {}};
  if (!decision.plan.empty())
    decision.verdict = {.phase = Phase::Progressing, .reason = "Deleting", .message = "removing its containers"};
  return decision;
}

}  // namespace tinyforge
