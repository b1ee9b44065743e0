// The part of an alteration that concerns mounts.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reconcilers/core/desired_state.h"

namespace tinyforge::docker {

// The mounts that the container lacks or has otherwise, by origin or as "mounts.<target>", and those that nobody asked
// for. It has a mount when either what it was made with (HostConfig.Mounts) or what came of it (Mounts) shows it.
// Anonymous volumes are never too many: the image brings them, and a replacement inherits them.
std::vector<std::string> AlteredMounts(const nlohmann::json& inspect, const std::vector<Mount>& desired);

}  // namespace tinyforge::docker
