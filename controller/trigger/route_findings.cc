#include "controller/trigger/route_findings.h"

#include <string>

namespace tinyforge {
namespace {

std::string CountOf(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

void Append(std::string& text, const std::string& more) {
  text += (text.empty() ? "" : "; ") + more;
}

// Empty: nothing is wrong.
std::string ProblemsOf(const ObjectKey& key, const RouteTable& table, std::string& reason) {
  std::string problems;
  for (const RouteProblem& problem : table.problems) {
    if (problem.object != key) continue;
    if (reason.empty()) reason = problem.reason;
    Append(problems, problem.diagnostic.field + ": " + problem.diagnostic.message);
  }
  return problems;
}

}  // namespace

Finding FindOnTrigger(const v1::Object& trigger, const RouteTable& table) {
  for (const RouteProblem& problem : table.problems)
    if (problem.object == trigger.key)
      return {ConditionStatus::False, problem.reason, problem.diagnostic.field + ": " + problem.diagnostic.message,
              true};
  const auto routes = table.RoutesOf(trigger.key.name);
  if (routes.empty()) return {ConditionStatus::True, "Unbound", "no enabled binding uses it"};
  return {ConditionStatus::True, "Serving", CountOf(routes.size(), "bound workload")};
}

Finding FindOnBinding(const v1::Object& binding, const RouteTable& table, const RouteNotes& notes) {
  const auto& spec = std::get<v1::BindingSpec>(binding.spec);
  std::size_t bound = 0;
  std::string waits;
  for (const Route& route : table.RoutesOf(spec.trigger)) {
    if (route.binding->key != binding.key) continue;
    ++bound;
    const auto note = notes.Of(KeyOf(route));
    if (note && (note->result == DeliveryResult::Errored || note->result == DeliveryResult::Pending))
      Append(waits,
             route.workload->key.name + (route.service.empty() ? "" : "/" + route.service) + ": " + note->message);
  }
  std::string reason;
  const std::string problems = ProblemsOf(binding.key, table, reason);
  if (!problems.empty()) return {ConditionStatus::False, reason, problems, true};
  if (!spec.enabled) return {ConditionStatus::False, "Disabled", "enabled is false"};
  if (!waits.empty()) return {ConditionStatus::False, "SourceUnavailable", waits};
  return {ConditionStatus::True, "Bound", CountOf(bound, "workload")};
}

}  // namespace tinyforge
