// The order in which the services of a project are looked at.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/source/compose/project.h"

namespace tinyforge::compose {

// The names of all services, each after those that it depends on and else by name. Terminal, with the circle spelled
// out, when services depend on one another.
Expected<std::vector<std::string>> OrderOf(const Project& project);

}  // namespace tinyforge::compose
