#include "api-types/v1/validate.h"

#include <algorithm>
#include <array>

#include "api-types/v1/validate_workload.h"

namespace tinyforge::v1 {
namespace {

using Problems = std::vector<Problem>;

void ValidateTagPolicy(const TagPolicy& policy, Problems& problems) {
  const std::string field = "spec.registry.tagPolicy";
  const int set = policy.semver.has_value() + policy.glob.has_value() + policy.regex.has_value() +
                  policy.newest.has_value() + policy.digest.has_value();
  if (set != 1) problems.push_back({field, "expected exactly one of semver, glob, regex, newest and digest"});
  if (policy.newest && !*policy.newest)
    problems.push_back({field + ".newest", "expected true; remove the key to not ask for it"});
  if (policy.capture && !policy.regex) problems.push_back({field + ".capture", "has a meaning with regex only"});
  if (policy.order != TagOrder::Natural && !policy.regex && !policy.glob)
    problems.push_back({field + ".order", "has a meaning with glob and regex only"});
}

void ValidateTrigger(const TriggerSpec& spec, Problems& problems) {
  const int kinds = spec.registry.has_value() + spec.git.has_value() + spec.schedule.has_value() +
                    spec.promotion.has_value() + spec.manual.has_value();
  if (kinds != 1) problems.push_back({"spec", "expected exactly one of registry, git, schedule, promotion and manual"});
  if (spec.registry && spec.registry->tag_policy) ValidateTagPolicy(*spec.registry->tag_policy, problems);
}

void ValidateBinding(const BindingSpec& spec, Problems& problems) {
  if (spec.workload.has_value() == spec.workload_selector.has_value())
    problems.push_back({"spec", "expected exactly one of workload and workloadSelector"});
  if (spec.write_back.branch && spec.write_back.mode == WriteBackMode::None)
    problems.push_back({"spec.writeBack.branch", "has a meaning with mode: Commit only"});
}

}  // namespace

std::vector<Problem> Validate(const Spec& spec) {
  Problems problems;
  if (const auto* workload = std::get_if<WorkloadSpec>(&spec)) ValidateWorkload(*workload, problems);
  if (const auto* trigger = std::get_if<TriggerSpec>(&spec)) ValidateTrigger(*trigger, problems);
  if (const auto* binding = std::get_if<BindingSpec>(&spec)) ValidateBinding(*binding, problems);
  return problems;
}

}  // namespace tinyforge::v1
