// What a workload is to come to, and whether that still holds.
#pragma once

#include <optional>

#include "reconcilers/core/facts.h"
#include "reconcilers/workload/version_decision.h"

namespace tinyforge {

// Stands in the facts: a version, or a wish to be made anew.
struct Goal {
  ImageVersion version;  // empty: made anew
  SysTime since{};       // when it was written down
  bool operator==(const Goal&) const = default;
};

// Whether configuration and facts still ask for it: a version no more when the manifest's was edited since, its binding
// is off, or another one decides. What a pin puts off is held. Pure.
bool IsHeld(const Goal& goal, const v1::ImageSource& image, const std::optional<DecidingBinding>& deciding,
            const Facts& facts);

}  // namespace tinyforge
