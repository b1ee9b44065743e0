// What is stored and shown: objects as the cache knows them, events, the repository, rows of containers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api-types/meta/condition.h"
#include "api-types/meta/object.h"
#include "api-types/v1/object_set.h"
#include "api-types/v1/status.h"

namespace tinyforge {

struct Event {
  enum class Type { Normal, Warning };
  SysTime time{};
  Type type = Type::Normal;
  std::string object;  // ToString(ObjectKey), or "repository"
  std::string reason;  // PascalCase word
  std::string message;
  int count = 1;  // equal consecutive events are one row
  bool operator==(const Event&) const = default;
};

// One object as the cache knows it.
struct ObjectRecord {
  ObjectKey key;
  ObjectMeta meta;
  std::string spec_json;  // canonical
  SourcePosition position;
  std::int64_t generation = 0;
  Revision revision;  // in which the spec was last seen
  v1::Status status;
};

struct RepositoryStatus {
  std::string url;  // without credentials
  std::string branch;
  std::string path;
  Revision revision;  // in force
  SysTime fetched{};  // last successful fetch
  SysTime applied{};  // when `revision` came into force
  std::vector<Condition> conditions;
  std::vector<v1::Diagnostic> errors;  // of the revision in force
  bool operator==(const RepositoryStatus&) const = default;
};

// One row of `tfctl get containers`. `state` is the Engine's word, "missing" for one that is gone, and `relation` says
// whose it is: "owned", "orphan" (its owner is not in the config), "foreign" (forged or cloned labels).
struct ContainerRow {
  std::string id;
  std::string name;
  std::string workload;
  std::string kind;
  std::string image;
  std::string state;
  std::string relation;
  int replica = 0;
  SysTime created{};
  bool operator==(const ContainerRow&) const = default;
};

struct RolloutRow {
  std::string workload;
  v1::RolloutRecord rollout;
  bool operator==(const RolloutRow&) const = default;
};

struct EventFilter {
  std::string object;       // empty: all
  std::size_t limit = 200;  // the newest
};

}  // namespace tinyforge
