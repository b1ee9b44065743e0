#include "controller/trigger/trigger_api.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {
namespace {

std::string ProblemsOf(const ObjectKey& key, const RouteTable& table) {
  std::string text;
  for (const RouteProblem& problem : table.problems)
    if (problem.object == key)
      text += (text.empty() ? "" : "; ") + problem.diagnostic.field + ": " + problem.diagnostic.message;
  return text;
}

bool Concerns(const serve::BoundWorkload& bound, const ObjectKey& of) {
  switch (of.kind) {
    case Kind::Trigger: return bound.trigger == of.name;
    case Kind::Binding: return bound.binding == of.name;
    case Kind::Workload: return bound.workload == of.name;
    case Kind::Secret: return false;
  }
  return false;
}

}  // namespace

serve::BoundWorkload TriggerApi::Show(const Route& route) {
  const auto& spec = std::get<v1::BindingSpec>(route.binding->spec);
  serve::BoundWorkload bound{.binding = route.binding->key.name,
                             .trigger = spec.trigger,
                             .workload = route.workload->key.name,
                             .service = route.service,
                             .decides = route.decides};
  if (const auto kind = FindTriggerKind(route.config->spec)) bound.kind = (*kind)->Kind();
  if (auto facts = ports_.facts.Load(FactKeyOf(v1::IdentityOf(*route.workload), route.service)))
    for (const TriggeredVersion& version : facts->versions)
      if (version.binding == bound.binding) bound.accepted = ToString(version.version);
  if (const auto note = ports_.service.NoteOf(KeyOf(route)))
    bound.state = std::string(ToString(note->result)) + ": " + note->message;
  return bound;
}

serve::BoundWorkload TriggerApi::ShowUnbound(const v1::Object& binding, const RouteTable& table) {
  const auto& spec = std::get<v1::BindingSpec>(binding.spec);
  return {.binding = binding.key.name,
          .trigger = spec.trigger,
          .workload = spec.workload.value_or(""),
          .service = spec.service.value_or(""),
          .enabled = spec.enabled,
          .problem = ProblemsOf(binding.key, table)};
}

std::vector<serve::BoundWorkload> TriggerApi::AllBound() {
  std::vector<serve::BoundWorkload> all;
  const auto snapshot = ports_.config.Current();
  if (!snapshot) return all;
  const auto table = ports_.routes.Of(*snapshot);
  std::set<std::string> shown;
  for (const auto& [trigger, routes] : table->by_trigger)
    for (const Route& route : routes) {
      all.push_back(Show(route));
      all.back().problem = ProblemsOf(route.binding->key, *table);
      shown.insert(route.binding->key.name);
    }
  for (const auto& [key, object] : snapshot->objects->objects)
    if (key.kind == Kind::Binding && !shown.contains(key.name)) all.push_back(ShowUnbound(*object, *table));
  std::ranges::sort(all, {}, [](const auto& b) { return std::tie(b.binding, b.workload, b.service); });
  return all;
}

std::vector<serve::BoundWorkload> TriggerApi::Bound(const ObjectKey& of) {
  auto all = AllBound();
  std::erase_if(all, [&](const auto& bound) { return !Concerns(bound, of); });
  return all;
}

Expected<serve::BindingConfig> TriggerApi::ConfigOf(const std::string& name) {
  const auto snapshot = ports_.config.Current();
  const v1::Object* binding = snapshot ? snapshot->objects->Find({Kind::Binding, name}) : nullptr;
  if (!binding) return Error{ErrorKind::NotFound, "binding/" + name + " does not exist"};
  const auto& spec = std::get<v1::BindingSpec>(binding->spec);
  const v1::Object* trigger = snapshot->objects->Find({Kind::Trigger, spec.trigger});
  if (!trigger) return Error{ErrorKind::NotFound, "trigger/" + spec.trigger + " does not exist"};
  serve::BindingConfig config{.overrides = spec.overrides.value_or("")};
  v1::BindingSpec plain = spec;
  plain.overrides.reset();
  const auto& base = std::get<v1::TriggerSpec>(trigger->spec);
  if (auto merged = MergeOverrides(base, plain); auto* made = std::get_if<EffectiveConfig>(&merged))
    config.base = std::move(made->merged);
  if (auto merged = MergeOverrides(base, spec); auto* made = std::get_if<EffectiveConfig>(&merged)) {
    config.merged = std::move(made->merged);
    config.overridden = std::move(made->overridden);
  }
  return config;
}

Expected<serve::RotatedSecret> TriggerApi::Rotate(const std::string& trigger, std::optional<Duration> grace) {
  auto rotated = ports_.door.Rotate(trigger, grace.value_or(kUsualGrace));
  if (!rotated) return std::move(rotated).error();
  return serve::RotatedSecret{rotated->file, rotated->fingerprint, rotated->old_until, rotated->ended};
}

}  // namespace tinyforge
