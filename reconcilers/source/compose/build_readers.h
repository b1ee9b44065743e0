// build and develop of a service.
#pragma once

#include <optional>

#include "reconcilers/source/compose/project_scope.h"

namespace tinyforge::compose {

std::optional<Build> ReadBuild(const Value& value, const ProjectScope& scope);

// Notes what is wrong with it; there is nothing to keep.
void CheckDevelop(const Value& value, const ProjectScope& scope);

}  // namespace tinyforge::compose
