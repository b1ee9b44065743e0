#include "reconcilers/workload/trial.h"

#include "reconcilers/workload/ownership.h"

namespace tinyforge {
std::string TrialRole(std::string_view role) {
  return std::string(role) + std::string(kTrialSuffix);
}

DesiredContainer TrialOf(const DesiredContainer& desired) {
  DesiredContainer trial = desired;
  trial.role = TrialRole(desired.role);
  trial.spec.labels.clear();  // of proxies
  trial.tags.clear();
  trial.spec.hostname.reset();
  for (PublishedPort& port : trial.spec.ports) port = {.container = port.container, .protocol = port.protocol};
  for (NetworkAttachment& network : trial.networks) network.aliases.clear();
  trial.template_hash = TemplateHash(trial.spec);
  return trial;
}

bool IsTrial(const ObservedContainer& container) {
  return container.Label(label::kRole).ends_with(kTrialSuffix);
}

bool IsTrialOf(const ObservedContainer& container, const DesiredContainer& desired) {
  if (!IsTrial(container) || ReplicaOf(container) != desired.replica) return false;
  const DesiredContainer trial = TrialOf(desired);
  return container.Label(label::kRole) == trial.role && container.Label(label::kTemplateHash) == trial.template_hash;
}

}  // namespace tinyforge
