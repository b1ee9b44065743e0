#include "controller/docker/adopted_labels.h"

namespace tinyforge::docker {

std::string AdoptedLabels::Add(const AdoptedContainer& container) {
  const auto workload = container.labels.find(label::kWorkload);
  std::string owner = WorkloadOf(container.id);
  if (!owner.empty() && workload != container.labels.end() && workload->second != owner) return owner;
  labels_.insert_or_assign(container.id, container.labels);
  return {};
}

void AdoptedLabels::Remove(std::string_view id) {
  if (const auto found = labels_.find(id); found != labels_.end()) labels_.erase(found);
}

std::string AdoptedLabels::WorkloadOf(std::string_view id) const {
  const auto found = labels_.find(id);
  if (found == labels_.end()) return {};
  const auto workload = found->second.find(label::kWorkload);
  return workload == found->second.end() ? "" : workload->second;
}

std::vector<std::string> AdoptedLabels::Ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, labels] : labels_) ids.push_back(id);
  return ids;
}

void AdoptedLabels::Complete(ObservedContainer& container) const {
  const auto found = labels_.find(container.id);
  if (found == labels_.end()) return;
  for (const auto& [key, value] : found->second) container.labels.insert_or_assign(key, value);
  // Its image may bear labels of any name, and what we made it with is nothing.
  for (const std::string_view hooks : {label::kPostStart, label::kPreStop}) container.labels.erase(std::string(hooks));
}

}  // namespace tinyforge::docker
