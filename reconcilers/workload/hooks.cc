#include "reconcilers/workload/hooks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "reconcilers/core/hook_label.h"
#include "reconcilers/workload/draft.h"

namespace tinyforge {
namespace {

constexpr std::string_view kFailed = "PostStartFailed";

bool HasHooks(const ObservedContainer& c) {
  return !c.Label(label::kPostStart).empty() && !OwnHooks(c.labels, label::kPostStart).empty();
}

const HookReport* ReportOf(const ObservedContainer& c, const ObservedState& observed) {
  const auto found = observed.hooks.find(c.id);
  return found == observed.hooks.end() ? nullptr : &found->second;
}

std::vector<const ObservedContainer*> RunningOf(const Draft& draft) {
  std::vector<const ObservedContainer*> running;
  for (const Slot& slot : draft.slots.slots)
    for (const ObservedContainer* c : {slot.current, slot.trial, slot.serving_old})
      if (c && slot.desired && c->state == ContainerState::Running && HasHooks(*c)) running.push_back(c);
  return running;
}

// Of containers that are gone.
std::vector<std::string> Outdated(const Draft& draft) {
  std::vector<std::string> gone = draft.context.facts.hooked;
  std::erase_if(gone, [&](const std::string& id) {
    return std::ranges::find(draft.observed.containers, id, &ObservedContainer::ShortId) !=
           draft.observed.containers.end();
  });
  return gone;
}

}  // namespace

bool HooksAreNoted(const ObservedContainer& c, const Facts& facts) {
  return std::ranges::find(facts.hooked, c.ShortId()) != facts.hooked.end();
}

std::optional<HealthVerdict> AwaitedHooks(const ObservedContainer& c, const ObservedState& observed,
                                          const Facts& facts) {
  if (!HasHooks(c) || c.state != ContainerState::Running || HooksAreNoted(c, facts)) return std::nullopt;
  const HookReport* report = ReportOf(c, observed);
  if (report && report->state == HookState::Succeeded) return std::nullopt;
  if (report && report->state == HookState::Failed)
    return HealthVerdict{.fitness = Fitness::Unhealthy, .message = report->message, .reason = kFailed};
  return HealthVerdict{.fitness = Fitness::Pending, .message = "waiting for post_start of " + c.name};
}

void PlanHooks(Draft& draft) {
  action::NoteHooks note{FactKeyOf(draft.desired), {}, Outdated(draft)};
  for (const ObservedContainer* c : RunningOf(draft)) {
    if (HooksAreNoted(*c, draft.context.facts) || draft.build.Touches(*c)) continue;
    const HookReport* report = ReportOf(*c, draft.observed);
    const bool again = report && report->state == HookState::Failed && report->at < draft.context.facts.retried;
    draft.build.NextGroup();
    if (!report || again)
      draft.build.Add(action::BeginHooks{RefTo(*c)}, again ? "to be tried again" : "it was started");
    if (report && report->state == HookState::Succeeded) note.ended.push_back(c->ShortId());
  }
  if (note.ended.empty()) return;
  draft.build.NextGroup();
  draft.build.Add(std::move(note), "it ended with 0");
  draft.ComeBackIn(Duration(1));
}

}  // namespace tinyforge
