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

struct RolloutVersion {
  std::string version;    // "1.4.2"
  std::string reference;  // of the image, as asked for
  std::string image_id;
  bool operator==(const RolloutVersion&) const = default;
};

struct RolloutStep {
  SysTime time{};
  std::string step;  // "create shop.4"
  bool operator==(const RolloutStep&) const = default;
};

// One run of changes: an update, or the repair of drift.
struct RolloutRecord {
  std::int64_t id = 0;  // counts up in a workload, as long as the cache lives
  std::string cause;    // the field that differs, or the drift that was repaired
  std::string outcome;  // InProgress | Succeeded | Failed | Stopped | Superseded
  std::string message;
  Revision revision;
  std::int64_t generation = 0;
  RolloutVersion from;  // empty: nothing ran
  RolloutVersion to;
  std::vector<RolloutStep> steps;  // the newest 40
  SysTime started{};
  SysTime ended{};
  bool operator==(const RolloutRecord&) const = default;
};

// One of several services of a workload.
struct ServiceStatus {
  std::string name;
  std::string image;  // that is asked for
  ResolvedSource resolved;
  int replicas = 0;
  int ready_replicas = 0;
  bool ready = false;   // all is as desired
  std::string reason;   // PascalCase
  std::string message;  // why it is not ready
  bool operator==(const ServiceStatus&) const = default;
};

struct Status {
  std::int64_t observed_generation = 0;
  Revision revision;
  std::vector<Condition> conditions;
  // Workload only.
  int replicas = 0;
  int ready_replicas = 0;
  std::optional<ResolvedSource> resolved;
  std::vector<ServiceStatus> services;  // of a workload with several, by name
  std::vector<InventoryItem> inventory;
  std::optional<RolloutRecord> last_rollout;
  bool operator==(const Status&) const = default;
};

}  // namespace tinyforge::v1
