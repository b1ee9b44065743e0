// What a delivery means for the bindings of its trigger.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "reconcilers/core/delivery.h"
#include "reconcilers/trigger/route_table.h"
#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {

// What the events of a delivery, one after the other, mean for a route: the last that asks for something counts; else
// the first reason why none does.
MatchResult MatchAll(const std::vector<TriggerEvent>& events, const Route& route);

// The same for each of the routes of a trigger; those that cannot be told apart share their result.
class RouteMatches {
 public:
  RouteMatches(const std::vector<TriggerEvent>& events, std::span<const Route> routes);
  const MatchResult& Of(std::size_t route) const { return (*results_)[result_of_[route]]; }
  // Null: nothing is asked of it.
  std::shared_ptr<const DeploymentIntent> IntentOf(std::size_t route) const {
    const auto* intent = std::get_if<DeploymentIntent>(&Of(route));
    return intent ? std::shared_ptr<const DeploymentIntent>(results_, intent) : nullptr;
  }

 private:
  std::shared_ptr<const std::vector<MatchResult>> results_;
  std::vector<std::size_t> result_of_;  // by route
};

std::vector<TriggerEvent> ToTriggerEvents(const std::vector<InboundEvent>& inbound);
// The outcomes that begin, or end, with such matches, by route.
std::vector<DeliveryOutcome> OutcomesOf(std::span<const Route> routes, const RouteMatches& matches, SysTime now);
bool IsSame(const DeliveryOutcome& outcome, const Route& route);

}  // namespace tinyforge
