#include "controller/trigger/delivery_match.h"

#include <optional>
#include <utility>

namespace tinyforge {
namespace {

// But for the names.
DeliveryOutcome OutcomeOf(const MatchResult& match, SysTime now) {
  if (const auto* none = std::get_if<NoMatch>(&match))
    return {.result = DeliveryResult::NoMatch, .message = none->reason, .at = now};
  if (const auto* error = std::get_if<Error>(&match))
    return {.result = DeliveryResult::Errored, .message = error->message, .at = now};
  return {.result = DeliveryResult::Pending, .message = std::get<DeploymentIntent>(match).reason, .at = now};
}

// Routes of one trigger.
bool AreAlike(const Route& a, const Route& b) {
  const auto kind = FindTriggerKind(a.config->spec);
  return kind && a.config->merged == b.config->merged && (*kind)->AreAlike(a.target(), b.target());
}

}  // namespace

RouteMatches::RouteMatches(const std::vector<TriggerEvent>& events, std::span<const Route> routes) {
  std::vector<MatchResult> results;
  result_of_.reserve(routes.size());
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (i == 0 || !AreAlike(routes[i - 1], routes[i])) results.push_back(MatchAll(events, routes[i]));
    result_of_.push_back(results.size() - 1);
  }
  results_ = std::make_shared<const std::vector<MatchResult>>(std::move(results));
}

std::vector<TriggerEvent> ToTriggerEvents(const std::vector<InboundEvent>& inbound) {
  std::vector<TriggerEvent> events;
  events.reserve(inbound.size());
  for (const InboundEvent& event : inbound) events.push_back(ToTriggerEvent(event));
  return events;
}

MatchResult MatchAll(const std::vector<TriggerEvent>& events, const Route& route) {
  std::optional<MatchResult> found;
  for (const TriggerEvent& event : events) {
    MatchResult result = MatchTrigger({event, route.config->spec, route.target()});
    const bool asks = std::holds_alternative<DeploymentIntent>(result);
    if (asks || !found || (std::holds_alternative<NoMatch>(*found) && std::holds_alternative<Error>(result)))
      found = std::move(result);
  }
  return found.value_or(NoMatch{"it says nothing"});
}

std::vector<DeliveryOutcome> OutcomesOf(std::span<const Route> routes, const RouteMatches& matches, SysTime now) {
  std::vector<DeliveryOutcome> outcomes;
  outcomes.reserve(routes.size());
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const bool again = i > 0 && &matches.Of(i) == &matches.Of(i - 1);
    DeliveryOutcome& outcome = outcomes.emplace_back(again ? outcomes.back() : OutcomeOf(matches.Of(i), now));
    outcome.binding = routes[i].binding->key.name;
    outcome.workload = routes[i].workload->key.name;
    outcome.service = routes[i].service;
  }
  return outcomes;
}

bool IsSame(const DeliveryOutcome& outcome, const Route& route) {
  return outcome.binding == route.binding->key.name && outcome.workload == route.workload->key.name &&
         outcome.service == route.service;
}

}  // namespace tinyforge
