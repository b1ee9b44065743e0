// The order in which the services of a project are looked at.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/source/compose/project.h"

namespace tinyforge::compose {

struct ServiceOrder {
  // All services, each after those that it depends on and else by name.
  std::vector<std::string> names;
  // Services that each depend on the next one, and the last on the first. Then `names` is not complete.
  std::vector<std::string> cycle;
};

// However long a chain of services is, it costs no stack.
ServiceOrder OrderOf(const Project& project);

}  // namespace tinyforge::compose
