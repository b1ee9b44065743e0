// Times.
#pragma once

#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {

class ScheduleTriggerKind final : public TriggerKind {
 public:
  std::string_view Kind() const override { return "schedule"; }
  bool Serves(const v1::TriggerSpec& config) const override { return config.schedule.has_value(); }
  std::string_view Sample() const override;
  std::vector<v1::Problem> Validate(const v1::TriggerSpec& config) const override;
  bool NeedsImage(const v1::TriggerSpec& config) const override {
    return config.schedule->action == v1::ScheduleAction::Refresh;
  }
  std::string WhyUnfit(const v1::TriggerSpec& config, const BoundTarget& target) const override;
  MatchResult Match(const MatchRequest& request) const override;
};

}  // namespace tinyforge
