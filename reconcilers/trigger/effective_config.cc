#include "reconcilers/trigger/effective_config.h"

#include <algorithm>

#include "api-types/codec/trigger_fields.h"
#include "api-types/codec/typed_reader.h"
#include "api-types/codec/typed_writer.h"
#include "api-types/doc/json.h"
#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {
namespace {

constexpr std::string_view kOverrides = "spec.overrides";
using Problems = std::vector<v1::Problem>;

// The keys of `over` replace those of `base`.
doc::Node MergeTop(doc::Node base, const doc::Node& over) {
  for (const doc::Node::Member& member : over.members) {
    const auto same = std::ranges::find(base.members, member.key, &doc::Node::Member::key);
    if (same == base.members.end())
      base.Add(member.key, member.value);
    else
      same->value = member.value;
  }
  return base;
}

// "spec.registry.tagPolicy" stands in the binding at "spec.overrides.tagPolicy".
v1::Problem InBinding(v1::Problem problem, const std::string& kind_field) {
  if (problem.field.starts_with(kind_field)) {
    problem.field = std::string(kOverrides) + problem.field.substr(kind_field.size());
  } else {
    problem.field = kOverrides;
  }
  return problem;
}

// Decodes and validates `spec.<kind>`; the problems are those of the whole.
Problems Decode(const std::string& kind, const doc::Node& config, v1::TriggerSpec& out) {
  doc::Node document = doc::Node::Map();
  document.Add(kind, config);
  codec::Reader reader("spec");
  v1::Spec spec = codec::ReadSpec(reader, Kind::Trigger, document);
  Problems problems;
  for (const codec::ReadProblem& problem : reader.problems()) problems.push_back({problem.field, problem.message});
  if (problems.empty()) problems = v1::Validate(spec);
  out = std::get<v1::TriggerSpec>(std::move(spec));
  if (problems.empty()) problems = ValidateTrigger(out);
  return problems;
}

Expected<doc::Node> ParseOverrides(const std::string& text) {
  if (static_cast<std::int64_t>(text.size()) > codec::kMaxOverrides)
    return Error{ErrorKind::Invalid, "has " + std::to_string(text.size()) + " bytes as JSON; at most " +
                                         std::to_string(codec::kMaxOverrides) + " are allowed"};
  auto node = doc::ParseJson(text);
  if (node && node->type != doc::Type::Map) return Error{ErrorKind::Invalid, "expected a mapping"};
  return node;
}

// The parts of a trigger that are no configuration of its kind are kept as they are.
v1::TriggerSpec WithKindOf(v1::TriggerSpec merged, const v1::TriggerSpec& trigger) {
  merged.hosts = trigger.hosts;
  merged.webhook = trigger.webhook;
  return merged;
}

}  // namespace

Problems ValidateTrigger(const v1::TriggerSpec& trigger) {
  const auto kind = FindTriggerKind(trigger);
  if (!kind) return {{"spec", kind.error().message}};
  return (*kind)->Validate(trigger);
}

EffectiveOrProblems MergeOverrides(const v1::TriggerSpec& trigger, const v1::BindingSpec& binding) {
  const auto kind = FindTriggerKind(trigger);
  if (!kind) return Problems{{std::string(kOverrides), kind.error().message}};
  const std::string key((*kind)->Kind());
  const doc::Node written = codec::WriteSpec(trigger);
  const doc::Node* own = written.Find(key);
  const doc::Node base = own ? *own : doc::Node::Map();
  EffectiveConfig effective{.spec = trigger, .base = doc::CanonicalJson(base)};
  effective.merged = effective.base;
  if (!binding.overrides) return effective;
  auto over = ParseOverrides(*binding.overrides);
  if (!over) return Problems{{std::string(kOverrides), over.error().message}};
  for (const doc::Node::Member& member : over->members) effective.overridden.push_back(member.key);
  std::ranges::sort(effective.overridden);
  const doc::Node merged = MergeTop(base, *over);
  effective.merged = doc::CanonicalJson(merged);
  Problems problems = Decode(key, merged, effective.spec);
  for (v1::Problem& problem : problems) problem = InBinding(std::move(problem), "spec." + key);
  if (!problems.empty()) return problems;
  effective.spec = WithKindOf(std::move(effective.spec), trigger);
  return effective;
}

}  // namespace tinyforge
