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
      parts_.watch.Join({outcome.workload, outcome.service}, *goal, {delivery.id, i});
    else
      parts_.desk.Settle({{delivery.id, i}}, DeliveryResult::Skipped, "overruled meanwhile");
    outcome.result = DeliveryResult::Skipped;
  }
  return delivery;
}

// What the facts hold of that for which the delivery asked.
std::optional<Goal> AcceptedGoals::GoalOf(const Route& route, const Delivery& delivery) {
  const ServiceName target{route.workload->key.name, route.service};
  const auto facts = parts_.facts.Load(FactKeyOf(v1::IdentityOf(*route.workload), route.service));
  if (!facts) return std::nullopt;
  if (AsksForRemake(MatchAll(ToTriggerEvents(delivery.events), route)))
    return facts->remake ? std::optional(Goal{{}, facts->remake->at}) : std::nullopt;
  for (const TriggeredVersion& version : facts->versions)
    if (const Goal goal{version.version, version.at}; version.binding == route.binding->key.name && Holds(target, goal))
      return goal;
  return std::nullopt;
}

// By what is in force now. What cannot be read is held.
bool AcceptedGoals::Holds(const ServiceName& target, const Goal& goal) {
  const auto snapshot = parts_.config.Current();
  const v1::Object* object = snapshot ? snapshot->objects->Find({Kind::Workload, target.workload}) : nullptr;
  if (!object) return false;
  const auto facts = parts_.facts.Load(FactKeyOf(v1::IdentityOf(*object), target.service));
  if (!facts) return true;
  if (goal.version == ImageVersion{}) return facts->remake.has_value();
  const auto image = parts_.routes.ImageOf(*snapshot, *object, target.service);
  const auto deciding = parts_.routes.DecidingFor(*snapshot, target.workload, target.service);
  return image ? IsHeld(goal, *image, deciding, *facts) : image.error().kind != ErrorKind::NotFound;
}

void AcceptedGoals::Review(const ServiceName& target) {
  parts_.watch.Review(target, [&](const Goal& goal) { return Holds(target, goal); });
}

}  // namespace tinyforge
