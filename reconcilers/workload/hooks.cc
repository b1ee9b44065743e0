#include "reconcilers/workload/hooks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "reconcilers/core/hook_label.h"
#include "reconcilers/workload/draft.h"

namespace tinyforge {
namespace {

constexpr std::string_view kFailed = "PostStartFailed";
constexpr std::string_view kWaiting = "PostStartWaiting";

bool HasHooks(const ObservedContainer& c) {
  return !c.Label(label::kPostStart).empty() && !OwnHooks(c.labels, label::kPostStart).empty();
}

const HookReport* ReportOf(const ObservedContainer& c, const ObservedState& observed) {
  const auto found = observed.hooks.find(c.id);
  return found == observed.hooks.end() ? nullptr : &found->second;
}

// Of those that run, what is not noted.
std::vector<const ObservedContainer*> RunningOf(const Draft& draft) {
  std::vector<const ObservedContainer*> running;
  for (const Slot& slot : draft.slots.slots)
    for (const ObservedContainer* c : {slot.current, slot.trial, slot.serving_old})
      if (c && slot.desired && c->state == ContainerState::Running && !HooksAreNoted(*c, draft.context.facts) &&
          HasHooks(*c))
        running.push_back(c);
  return running;
}

// Of containers that are gone.
std::vector<std::string> Outdated(const Draft& draft) {
  std::vector<std::string> gone = draft.context.facts.hooked;
  std::erase_if(gone, [&](const std::string& id) {
    return std::ranges::any_of(draft.observed.containers, [&](const auto& c) { return ShortId(c.id) == id; });
  });
  return gone;
}

// How long until they may be begun (again); nothing: not by time.
std::optional<Duration> BeginIn(const HookReport* report, SysTime retried) {
  if (!report) return Duration(0);
  if (report->state == HookState::Failed && report->at < retried) return Duration(0);
  if (report->state != HookState::Waiting) return std::nullopt;
  return report->pause;
}

}  // namespace

bool HooksAreNoted(const ObservedContainer& c, const Facts& facts) {
  return std::ranges::find(facts.hooked, ShortId(c.id)) != facts.hooked.end();
}

bool HooksEndedWell(const ObservedContainer& c, const ObservedState& observed, const Facts& facts) {
  if (HooksAreNoted(c, facts) || !HasHooks(c)) return true;
  const HookReport* report = ReportOf(c, observed);
  return report && report->state == HookState::Succeeded;
}

std::optional<Duration> SinceHooks(const ObservedContainer& c, const ObservedState& observed, SysTime now) {
  const HookReport* report = ReportOf(c, observed);
  if (!report || report->state != HookState::Succeeded) return std::nullopt;
  return std::max(std::chrono::duration_cast<Duration>(now - report->at), Duration(0));
}

std::optional<HealthVerdict> AwaitedHooks(const ObservedContainer& c, const ObservedState& observed,
                                          const Facts& facts) {
  if (c.state != ContainerState::Running || HooksEndedWell(c, observed, facts)) return std::nullopt;
  const HookReport* report = ReportOf(c, observed);
  if (report && report->state == HookState::Failed)
    return HealthVerdict{.fitness = Fitness::Unhealthy, .message = report->message, .reason = kFailed};
  if (report && !report->message.empty())  // also while it is tried again
    return HealthVerdict{
        .fitness = Fitness::Unreachable, .message = c.name + ": " + report->message, .reason = kWaiting};
  return HealthVerdict{.fitness = Fitness::Pending, .message = "waiting for post_start of " + c.name};
}

void PlanHooks(Draft& draft) {
  action::NoteHooks note{FactKeyOf(draft.desired), {}, Outdated(draft)};
  for (const ObservedContainer* c : RunningOf(draft)) {
    if (draft.build.Touches(*c)) continue;
    const HookReport* report = ReportOf(*c, draft.observed);
    if (report && report->state == HookState::Succeeded) note.ended.push_back(c->id);
    const auto wait = BeginIn(report, draft.context.facts.retried);
    if (wait && *wait > Duration(0)) draft.ComeBackIn(*wait);
    if (!wait || *wait > Duration(0)) continue;
    draft.build.NextGroup();
    draft.build.Add(action::BeginHooks{RefTo(*c)}, report ? "to be tried again" : "it was started");
  }
  if (note.ended.empty()) return;
  draft.build.NextGroup();
  draft.build.Add(std::move(note), "it ended with 0");
}

}  // namespace tinyforge
