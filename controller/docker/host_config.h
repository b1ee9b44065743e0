// The part of a create body that says what a container may use of the host's kernel and devices.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "reconcilers/core/desired_state.h"

namespace tinyforge::docker {

// Adds to HostConfig what the template says; a member at its default is left out. Namespaces of other containers are
// not judged here: see NamespaceModes.
void AddHostConfig(const ContainerTemplate& spec, nlohmann::json& host);

}  // namespace tinyforge::docker
