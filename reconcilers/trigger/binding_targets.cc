#include "reconcilers/trigger/binding_targets.h"

#include <algorithm>

#include "api-types/v1/hosts.h"

namespace tinyforge {
namespace {

bool Selects(const v1::LabelSelector& selector, const StringMap& labels) {
  return std::ranges::all_of(selector.match_labels, [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

}  // namespace

bool RunsHere(const v1::Object& object, std::string_view host) {
  return host.empty() || v1::RunsOn(v1::HostsOf(object), host);
}

BindingTargets FindTargets(const v1::BindingSpec& binding, const v1::ObjectSet& objects, std::string_view host) {
  BindingTargets targets;
  if (binding.workload) {
    const auto named = objects.objects.find({Kind::Workload, *binding.workload});
    targets.missing = named == objects.objects.end();
    if (!targets.missing && RunsHere(*named->second, host)) targets.workloads.push_back(named->second);
    return targets;
  }
  if (!binding.workload_selector) return targets;
  // Workloads are the first kind of the order.
  for (const auto& [key, object] : objects.objects) {
    if (key.kind != Kind::Workload) break;
    if (Selects(*binding.workload_selector, object->meta.labels) && RunsHere(*object, host))
      targets.workloads.push_back(object);
  }
  return targets;
}

}  // namespace tinyforge
