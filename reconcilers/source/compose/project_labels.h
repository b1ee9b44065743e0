// Labels by which docker compose finds what is of a project.
#pragma once

#include <string>
#include <string_view>

#include "reconcilers/source/compose/project.h"

namespace tinyforge::compose {

// Of what has this key in the file. `kind` is "service", "network" or "volume".
StringMap ProjectLabels(const Project& project, std::string_view kind, const std::string& key);

}  // namespace tinyforge::compose
