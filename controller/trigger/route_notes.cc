#include "controller/trigger/route_notes.h"

#include <utility>

#include "reconcilers/workload/version_decision.h"

namespace tinyforge {
namespace {

// All that an answer for a route is computed from, beside the world.
std::string BasisOf(const Route& route, const v1::ObjectSet& objects) {
  const v1::Object* trigger = objects.Find({Kind::Trigger, std::get<v1::BindingSpec>(route.binding->spec).trigger});
  std::string basis =
      (trigger ? trigger->spec_hash : "") + " " + route.binding->spec_hash + " " + route.workload->spec_hash;
  if (!route.service.empty() && route.image) basis += " " + ManifestReference(*route.image);
  return basis;
}

}  // namespace

RouteNotes::News RouteNotes::Put(const RouteKey& route, RouteNote note) {
  auto state = state_.Lock();
  RouteNote& last = state->notes[route];
  const News news = last.result != note.result     ? News::Result
                    : last.message != note.message ? News::Message
                                                   : News::None;
  last = std::move(note);
  return news;
}

std::optional<RouteNote> RouteNotes::Of(const RouteKey& route) const {
  auto state = state_.Lock();
  const auto found = state->notes.find(route);
  return found == state->notes.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Route> RouteNotes::Follow(const RouteTable& table, const v1::ObjectSet& objects) {
  std::map<RouteKey, std::string> bases;
  std::vector<Route> fresh;
  auto state = state_.Lock();
  for (const auto& [trigger, routes] : table.by_trigger)
    for (const Route& route : routes) {
      const std::string& basis = bases[KeyOf(route)] = BasisOf(route, objects);
      const auto known = state->bases.find(KeyOf(route));
      if (route.decides && (known == state->bases.end() || known->second != basis)) fresh.push_back(route);
    }
  std::erase_if(state->notes, [&](const auto& entry) { return !bases.contains(entry.first); });
  state->bases = std::move(bases);
  return fresh;
}

}  // namespace tinyforge
