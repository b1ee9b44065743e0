// The workloads that a binding names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api-types/v1/object_set.h"

namespace tinyforge {

struct BindingTargets {
  std::vector<v1::ObjectPtr> workloads;  // that run on this host, by name
  bool missing = false;                  // the one named does not exist
};

// By spec.workload, else all whose labels hold every one of workloadSelector.matchLabels. No `host`: wherever they run.
BindingTargets FindTargets(const v1::BindingSpec& binding, const v1::ObjectSet& objects, std::string_view host);

// Whether an object has a part on the controller of this --host name; empty: of any.
bool RunsHere(const v1::Object& object, std::string_view host);

}  // namespace tinyforge
