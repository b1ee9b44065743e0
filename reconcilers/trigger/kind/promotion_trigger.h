// What ran well on the stage before.
#pragma once

#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {

class PromotionTriggerKind final : public TriggerKind {
 public:
  std::string_view Kind() const override { return "promotion"; }
  bool Serves(const v1::TriggerSpec& config) const override { return config.promotion.has_value(); }
  bool IsPolicy() const override { return true; }
  std::string_view Sample() const override;
  std::vector<v1::Problem> Validate(const v1::TriggerSpec& config) const override;
  bool NeedsImage(const v1::TriggerSpec&) const override { return true; }
  std::string WhyUnfit(const v1::TriggerSpec& config, const BoundTarget& target) const override;
  MatchResult Match(const MatchRequest& request) const override;
};

}  // namespace tinyforge
