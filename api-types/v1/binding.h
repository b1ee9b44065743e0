// The Binding manifest: one Trigger to one Workload, or to all that a selector matches.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api-types/meta/object.h"

namespace tinyforge::v1 {

enum class WriteBackMode { None, Commit };

struct LabelSelector {
  StringMap match_labels;
  bool operator==(const LabelSelector&) const = default;
};

struct WriteBack {
  WriteBackMode mode = WriteBackMode::None;
  std::optional<std::string> branch;  // push there for review instead
  bool operator==(const WriteBack&) const = default;
};

struct BindingSpec {
  std::vector<std::string> hosts;
  std::string trigger;
  std::optional<std::string> workload;  // exactly one of workload and workloadSelector
  std::optional<LabelSelector> workload_selector;
  std::optional<std::string> service;  // of a compose workload
  bool enabled = true;
  std::optional<std::string> overrides;  // canonical JSON object, <= 8 KiB; merged over the trigger's config
  WriteBack write_back;
  bool operator==(const BindingSpec&) const = default;
};

}  // namespace tinyforge::v1
