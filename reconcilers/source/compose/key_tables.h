// The parts of the table of keys.h that fill files of their own.
#pragma once

#include <span>

#include "reconcilers/source/compose/keys.h"

namespace tinyforge::compose {

// "services.*" and what lies below, but for deploy, build and develop.
std::span<const KeySection> ServiceKeySections();

// deploy, build and develop of a service.
std::span<const KeySection> DeployKeySections();

}  // namespace tinyforge::compose
