// Order between workloads: spec.dependsOn (design 4.5). Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api-types/v1/object_set.h"

namespace tinyforge {

// A way from `workload` along dependsOn back to itself, as "a -> b -> a"; empty: there is none. A workload that only
// leads into somebody else's cycle is in none.
std::string FindCycle(const v1::ObjectSet& objects, const std::string& workload);

// Workloads that name `workload` in their dependsOn.
std::vector<std::string> DependentsOf(const v1::ObjectSet& objects, const std::string& workload);

// Of workloads that go together: whom each has to wait for, since they depend on it. Members of a cycle wait for
// nobody.
std::map<std::string, std::set<std::string>> TeardownOrder(const v1::ObjectSet& objects,
                                                           const std::set<std::string>& removed);

}  // namespace tinyforge
