#include "reconcilers/config/object_reconcilers.h"

#include <utility>

namespace tinyforge {

Outcome ObjectReconciler::Reconcile(const Request& request) {
  const auto snapshot = ports_.config.Current();
  const v1::Object* object = snapshot ? snapshot->objects->Find(request.key) : nullptr;
  if (!object) return {};
  Finding finding = judge_(*object, *snapshot);
  ObjectRecord record;
  if (auto stored = ports_.store.Get(request.key); stored && *stored) record = std::move(**stored);
  v1::Status status = record.status;
  status.observed_generation = record.generation;
  status.revision = snapshot->objects->revision;
  const auto set = [&](Condition condition) {
    condition.observed_generation = record.generation;
    condition.last_transition_time = request.now;
    SetCondition(status.conditions, std::move(condition));
  };
  for (std::string_view type : finding.absent) RemoveCondition(status.conditions, type);
  set({.type = std::string(condition::kReady),
       .status = finding.ready,
       .reason = finding.reason,
       .message = finding.message});
  set({.type = std::string(condition::kStalled),
       .status = finding.stalled ? ConditionStatus::True : ConditionStatus::False,
       .reason = finding.stalled ? finding.reason : "NotStalled",
       .message = finding.stalled ? finding.message : ""});
  for (Condition& condition : finding.conditions) set(std::move(condition));
  return {.status = std::move(status), .requeue_after = finding.requeue_after};
}

Finding JudgeSecret(const v1::Object& secret, SecretReader& secrets) {
  const auto& spec = std::get<v1::SecretSpec>(secret.spec);
  std::string problems;
  for (const auto& [key, file] : spec.from_files)
    if (auto found = secrets.Find({secret.key.name, key}); !found)
      problems += (problems.empty() ? "" : "; ") + found.error().message;
  if (!problems.empty()) return {ConditionStatus::False, "Unreadable", problems};
  return {ConditionStatus::True, "Readable", std::to_string(spec.from_files.size()) + " keys"};
}

}  // namespace tinyforge
