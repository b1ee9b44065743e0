// Pushes to a git repository.
#pragma once

#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {

class GitTriggerKind final : public TriggerKind {
 public:
  std::string_view Kind() const override { return "git"; }
  bool Serves(const v1::TriggerSpec& config) const override { return config.git.has_value(); }
  std::string_view Sample() const override;
  std::vector<v1::Problem> Validate(const v1::TriggerSpec& config) const override;
  bool NeedsImage(const v1::TriggerSpec& config) const override { return config.git->image_tag.has_value(); }
  std::string WhyUnfit(const v1::TriggerSpec& config, const BoundTarget& target) const override;
  MatchResult Match(const MatchRequest& request) const override;
  bool AreAlike(const BoundTarget& a, const BoundTarget& b) const override;
};

// Whether it is, or may be, a push to what a trigger calls its repository. A push that names none is.
bool IsPushTo(const GitPushed& push, const std::string& repository);

}  // namespace tinyforge
