// Listings of containers.
#pragma once

#include <stop_token>
#include <string_view>
#include <vector>

#include "controller/docker/engine_client.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge::docker {

// All containers, stopped ones too, that have this label ("key" or "key=value"), with what a listing shows of each.
// Decoded as it arrives; at most 1 MiB a container.
Expected<std::vector<ObservedContainer>> ListContainers(EngineClient& client, std::string_view label,
                                                        const std::stop_token& stop);

}  // namespace tinyforge::docker
