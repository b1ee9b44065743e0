#include "controller/trigger/accepted_goals.h"

#include <utility>

#include "controller/trigger/delivery_match.h"

namespace tinyforge {
namespace {

bool AsksForRemake(const MatchResult& match) {
  const auto* intent = std::get_if<DeploymentIntent>(&match);
  return intent && (intent->act == DeploymentIntent::Act::Redeploy || intent->act == DeploymentIntent::Act::Restart);
}

}  // namespace

Delivery AcceptedGoals::Resume(Delivery delivery, const RouteTable& table) {
  for (std::size_t i = 0; i < delivery.outcomes.size(); ++i) {
    DeliveryOutcome& outcome = delivery.outcomes[i];
    if (outcome.result != DeliveryResult::Rolling) continue;
    const Route* route = FindRoute(table, {delivery.trigger, outcome.binding, outcome.workload, outcome.service});
    if (const auto goal = route ? GoalOf(*route, delivery) : std::nullopt)
      parts_.watch.Join(outcome.workload, *goal, {delivery.id, i});
    else
      parts_.desk.Settle({{delivery.id, i}}, DeliveryResult::Skipped, "overruled meanwhile");
    outcome.result = DeliveryResult::Skipped;
  }
  return delivery;
}

// What the facts hold of that for which the delivery asked.
std::optional<Goal> AcceptedGoals::GoalOf(const Route& route, const Delivery& delivery) {
  const std::string& workload = route.workload->key.name;
  const auto facts = parts_.facts.Load(v1::IdentityOf(*route.workload));
  if (!facts) return std::nullopt;
  if (AsksForRemake(MatchAll(ToTriggerEvents(delivery.events), route)))
    return facts->remake ? std::optional(Goal{{}, facts->remake->at}) : std::nullopt;
  for (const TriggeredVersion& version : facts->versions)
    if (const Goal goal{version.version, version.at};
        version.binding == route.binding->key.name && Holds(workload, goal))
      return goal;
  return std::nullopt;
}

// By what is in force now. What cannot be read is held.
bool AcceptedGoals::Holds(const std::string& workload, const Goal& goal) {
  const auto snapshot = parts_.config.Current();
  const v1::Object* object = snapshot ? snapshot->objects->Find({Kind::Workload, workload}) : nullptr;
  if (!object) return false;
  const auto facts = parts_.facts.Load(v1::IdentityOf(*object));
  return !facts || IsHeld(goal, *object, parts_.routes.DecidingFor(*snapshot, workload), *facts);
}

void AcceptedGoals::Review(const std::string& workload) {
  parts_.watch.Review(workload, [&](const Goal& goal) { return Holds(workload, goal); });
}

}  // namespace tinyforge
