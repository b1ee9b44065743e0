#include <array>
#include <set>

#include "reconcilers/trigger/kind/git_trigger.h"
#include "reconcilers/trigger/kind/manual_trigger.h"
#include "reconcilers/trigger/kind/promotion_trigger.h"
#include "reconcilers/trigger/kind/registry_trigger.h"
#include "reconcilers/trigger/kind/schedule_trigger.h"
#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {

std::string_view ToString(DeploymentIntent::Act act) {
  switch (act) {
    case DeploymentIntent::Act::Evaluate: return "Evaluate";
    case DeploymentIntent::Act::SetVersion: return "SetVersion";
    case DeploymentIntent::Act::Refresh: return "Refresh";
    case DeploymentIntent::Act::Redeploy: return "Redeploy";
    case DeploymentIntent::Act::Restart: return "Restart";
  }
  return "Unknown";
}

std::span<const TriggerKind* const> TriggerKinds() {
  static const RegistryTriggerKind registry;
  static const GitTriggerKind git;
  static const ScheduleTriggerKind schedule;
  static const PromotionTriggerKind promotion;
  static const ManualTriggerKind manual;
  static const std::array<const TriggerKind*, 5> kinds = {&registry, &git, &schedule, &promotion, &manual};
  return kinds;
}

Expected<const TriggerKind*> FindTriggerKind(const v1::TriggerSpec& config) {
  for (const TriggerKind* kind : TriggerKinds())
    if (kind->Serves(config)) return kind;
  std::string known;
  for (const TriggerKind* kind : TriggerKinds()) known += (known.empty() ? "" : ", ") + std::string(kind->Kind());
  return Error{ErrorKind::Terminal, "spec: this controller does not know the kind of trigger; known kinds: " + known};
}

Expected<void> CheckTriggerKinds(std::span<const TriggerKind* const> kinds) {
  std::set<std::string_view> names;
  for (const TriggerKind* kind : kinds)
    if (!names.insert(kind->Kind()).second)
      return Error{ErrorKind::Conflict, "two trigger kinds are named \"" + std::string(kind->Kind()) + "\""};
  return {};
}

MatchResult MatchTrigger(const MatchRequest& request) {
  if (const auto* ignored = std::get_if<Ignored>(&request.event)) return NoMatch{ignored->reason};
  const auto kind = FindTriggerKind(request.config);
  if (!kind) return kind.error();
  return (*kind)->Match(request);
}

}  // namespace tinyforge
