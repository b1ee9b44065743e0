#include "reconcilers/trigger/kind/promotion_trigger.h"

namespace tinyforge {
namespace {

constexpr std::string_view kSample = R"(apiVersion: tinyforge.dev/v1
kind: Trigger
metadata: {name: promote}
spec:
  promotion: {soak: 30m, approval: Required}
)";

}  // namespace

std::string_view PromotionTriggerKind::Sample() const {
  return kSample;
}

std::vector<v1::Problem> PromotionTriggerKind::Validate(const v1::TriggerSpec&) const {
  return {};
}

std::string PromotionTriggerKind::WhyUnfit(const v1::TriggerSpec&, const BoundTarget& target) const {
  const v1::Object& workload = target.workload;
  const v1::WorkloadSpec& spec = workload.workload();
  if (!spec.parent) return ToString(workload.key) + " has no spec.parent, the stage that it would be promoted from";
  if (!target.image) return ToString(workload.key) + " has no source.image, which could be promoted";
  return {};
}

MatchResult PromotionTriggerKind::Match(const MatchRequest& request) const {
  if (std::holds_alternative<Fired>(request.event)) return DeploymentIntent{.reason = "it was fired"};
  return NoMatch{"a promotion trigger acts on the stage before"};
}

}  // namespace tinyforge
