#include "controller/trigger/goal.h"

namespace tinyforge {

bool IsHeld(const Goal& goal, const v1::ImageSource& image, const std::optional<DecidingBinding>& deciding,
            const Facts& facts) {
  if (goal.version == ImageVersion{}) return facts.remake.has_value();
  const VersionDecision decision = DecideVersion(QuestionOf(image, deciding), facts);
  return decision.set_by == "pin" || (decision.from && decision.from->version == goal.version);
}

}  // namespace tinyforge
