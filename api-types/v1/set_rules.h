// The rules between objects of one revision.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/v1/object_set.h"

namespace tinyforge::v1 {

// A rule between objects that one of them breaks.
struct Collision {
  ObjectKey key;  // of the one that is at fault
  Diagnostic error;
};

// The name that replica 1..n of a workload serves under: "<workload>", "<workload>-<n>" from the second on. The Engine
// refuses names of one letter: then "tf-<workload>".
std::string ServingName(std::string_view workload, int replica);

// Two workloads that claim one port of a host, or one container name ("web" with two replicas and "web-2"): the later
// name is at fault, the message names the earlier. Workloads that cannot run on one host (disjoint spec.hosts) do not
// collide. References that lead nowhere are no errors here: what is missing may come, so they are conditions.
std::vector<Collision> ValidateSet(const std::map<ObjectKey, ObjectPtr>& objects);

}  // namespace tinyforge::v1
