// The things that tfctl shows and the names people call them by.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"

namespace tinyforge::tfctl {

enum class ResourceKind { Workload, Trigger, Binding, Secret, Container, Rollout, Delivery, Facts, Event, Repository };

struct Resource {
  ResourceKind kind;
  std::string_view name;       // "workload"
  std::string_view plural;     // "workloads"
  std::string_view shorthand;  // "wl"; empty: none
  std::string_view path;       // "/api/workloads"
  bool by_name;                // the API serves path + "/NAME"
};

std::span<const Resource> Resources();
const Resource& Find(ResourceKind kind);
// By any of its names, in any case.
const Resource* FindResource(std::string_view name);

// One kind of what `get` and `describe` were asked for; no names: all.
struct Target {
  const Resource* resource;
  std::vector<std::string> names;
};

// "wl", "wl,trg", "all", "wl shop api", "wl/shop trg/x". Invalid, with the known names, for anything else.
Expected<std::vector<Target>> ParseTargets(const std::vector<std::string>& args);

}  // namespace tinyforge::tfctl
