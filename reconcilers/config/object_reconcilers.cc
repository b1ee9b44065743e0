#include "reconcilers/config/object_reconcilers.h"

#include <string>

namespace tinyforge {
namespace {

struct Finding {
  ConditionStatus ready = ConditionStatus::True;
  std::string reason;
  std::string message;
  bool stalled = false;
};

constexpr std::string_view kNotServed =
    "this version of the controller checks triggers and bindings, and does not act on them";

Outcome Report(ObjectPorts& ports, const Request& request, const ConfigSnapshot& snapshot, const Finding& finding) {
  Outcome outcome;
  ObjectRecord record;
  if (auto stored = ports.store.Get(request.key); stored && *stored) record = std::move(**stored);
  v1::Status status = record.status;
  status.observed_generation = record.generation;
  status.revision = snapshot.objects->revision;
  auto set = [&](std::string_view type, ConditionStatus value, const std::string& reason, const std::string& message) {
    SetCondition(status.conditions, {std::string(type), value, reason, message, record.generation, request.now});
  };
  set(condition::kReady, finding.ready, finding.reason, finding.message);
  set(condition::kStalled, finding.stalled ? ConditionStatus::True : ConditionStatus::False,
      finding.stalled ? finding.reason : "NotStalled", finding.stalled ? finding.message : "");
  outcome.status = std::move(status);
  return outcome;
}

template <class Spec, class Judge>
Outcome Check(ObjectPorts& ports, const Request& request, Judge&& judge) {
  const auto snapshot = ports.config.Current();
  const v1::Object* object = snapshot ? snapshot->objects->Find(request.key) : nullptr;
  if (!object) return {};
  return Report(ports, request, *snapshot, judge(std::get<Spec>(object->spec), *snapshot));
}

Finding Missing(Kind kind, const std::string& name) {
  const std::string message = ToString(ObjectKey{kind, name}) + " does not exist";
  return {ConditionStatus::False, "ReferenceNotFound", message, true};
}

}  // namespace

Outcome SecretReconciler::Reconcile(const Request& request) {
  return Check<v1::SecretSpec>(ports_, request, [&](const v1::SecretSpec& spec, const ConfigSnapshot&) -> Finding {
    std::string problems;
    for (const auto& [key, file] : spec.from_files)
      if (auto found = secrets_.Find({request.key.name, key}); !found)
        problems += (problems.empty() ? "" : "; ") + found.error().message;
    if (!problems.empty()) return {ConditionStatus::False, "Unreadable", problems};
    return {ConditionStatus::True, "Readable", std::to_string(spec.from_files.size()) + " keys"};
  });
}

Outcome TriggerReconciler::Reconcile(const Request& request) {
  return Check<v1::TriggerSpec>(ports_, request, [](const v1::TriggerSpec&, const ConfigSnapshot&) -> Finding {
    return {ConditionStatus::Unknown, "NotServed", std::string(kNotServed)};
  });
}

Outcome BindingReconciler::Reconcile(const Request& request) {
  return Check<v1::BindingSpec>(ports_, request,
                                [](const v1::BindingSpec& spec, const ConfigSnapshot& snapshot) -> Finding {
                                  if (!snapshot.objects->Find({Kind::Trigger, spec.trigger}))
                                    return Missing(Kind::Trigger, spec.trigger);
                                  if (spec.workload && !snapshot.objects->Find({Kind::Workload, *spec.workload}))
                                    return Missing(Kind::Workload, *spec.workload);
                                  return {ConditionStatus::Unknown, "NotServed", std::string(kNotServed)};
                                });
}

}  // namespace tinyforge
