// Whoever calls: tfctl fire, or a webhook of any shape.
#pragma once

#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {

class ManualTriggerKind final : public TriggerKind {
 public:
  std::string_view Kind() const override { return "manual"; }
  bool Serves(const v1::TriggerSpec& config) const override { return config.manual.has_value(); }
  std::string_view Sample() const override;
  std::vector<v1::Problem> Validate(const v1::TriggerSpec& config) const override;
  bool NeedsImage(const v1::TriggerSpec&) const override { return false; }
  std::string WhyUnfit(const v1::TriggerSpec& config, const BoundTarget& target) const override;
  MatchResult Match(const MatchRequest& request) const override;
};

}  // namespace tinyforge
