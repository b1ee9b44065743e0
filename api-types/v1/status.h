// What the controller found and did, written in one place (ComputeStatus) and once a reconcile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api-types/meta/condition.h"
#include "api-types/meta/object.h"

namespace tinyforge::v1 {

// The version that runs or is being brought up.
struct ResolvedSource {
  std::string tag;
  std::string digest;
  std::string set_by;  // "manifest", "pin", "binding/<name>"
  bool operator==(const ResolvedSource&) const = default;
};

struct InventoryItem {
  std::string type;  // Container | Network | Volume
  std::string name;
  std::string id;
  bool operator==(const InventoryItem&) const = default;
};

struct RolloutRecord {
  std::string cause;    // the field that differs, or the drift that was repaired
  std::string outcome;  // InProgress | Succeeded | Failed
  std::string message;
  Revision revision;
  SysTime started{};
  SysTime ended{};
  bool operator==(const RolloutRecord&) const = default;
};

struct Status {
  std::int64_t observed_generation = 0;
  Revision revision;
  std::vector<Condition> conditions;
  // Workload only.
  int replicas = 0;
  int ready_replicas = 0;
  std::optional<ResolvedSource> resolved;
  std::vector<InventoryItem> inventory;
  std::optional<RolloutRecord> last_rollout;
  bool operator==(const Status&) const = default;
};

}  // namespace tinyforge::v1
