// What all top-level resources share: `name` and `external`.
#pragma once

#include <string>
#include <string_view>

#include "reconcilers/source/compose/project_scope.h"

namespace tinyforge::compose {

struct Identity {
  std::string name;
  bool external = false;
};

// The name as given, else PROJECT_KEY, and the key itself for what is external. Notes what an external one may not have
// beside its name.
Identity ReadIdentity(const Section& keys, std::string_view key, std::string_view project);

}  // namespace tinyforge::compose
