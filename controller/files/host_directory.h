// Directories of the host that volumes need before a start.
#pragma once

#include <string>

#include "api-types/meta/error.h"
#include "reconcilers/core/desired_state.h"

namespace tinyforge {

// Creates `directory` unless something exists there, missing parents as root 0755. It appears with its owner and mode
// at once, so an interrupted call never leaves one with the wrong owner. What exists is not changed. Below `base` (may
// be empty) every component must be a real directory; elsewhere the path is followed as far as it exists.
Expected<void> EnsureHostDirectory(const std::string& base, const DesiredDirectory& directory);

}  // namespace tinyforge
