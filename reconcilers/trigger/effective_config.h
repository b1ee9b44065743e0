// What holds for a workload that a binding binds: the trigger's configuration with the binding's overrides.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api-types/v1/object_set.h"
#include "api-types/v1/validate.h"

namespace tinyforge {

// A copy of its own for each binding.
struct EffectiveConfig {
  v1::TriggerSpec spec;                 // the trigger's, with the merged configuration of its kind
  std::vector<std::string> overridden;  // keys that the binding has replaced or added, sorted
  std::string base;                     // canonical JSON of the kind's configuration, defaults left out
  std::string merged;                   // the same after the merge
};

// Wrong fields of the binding, from "spec.overrides" on.
using EffectiveOrProblems = std::variant<EffectiveConfig, std::vector<v1::Problem>>;

// The overrides, if there are any, are merged over spec.<kind> of the trigger: at the top level only, where a key of
// the binding replaces that of the trigger as a whole. What comes out is decoded as strictly as a manifest and
// validated by its kind. The trigger has exactly one kind and is valid by itself.
EffectiveOrProblems MergeOverrides(const v1::TriggerSpec& trigger, const v1::BindingSpec& binding);

// What is wrong with a trigger by itself that the decoder cannot see; fields from "spec." on.
std::vector<v1::Problem> ValidateTrigger(const v1::TriggerSpec& trigger);

}  // namespace tinyforge
