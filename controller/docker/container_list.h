// Listings of containers.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "controller/docker/engine_client.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge::docker {

// Which containers: "label" with texts like "key" or "key=value", which must all fit, or "id" with ids, of which one
// must.
struct ContainerFilter {
  std::string kind = "label";
  std::vector<std::string> values;
};

// All such containers, stopped ones too, with what a listing shows of each. Decoded as it arrives; at most 1 MiB a
// container.
Expected<std::vector<ObservedContainer>> ListContainers(EngineClient& client, const ContainerFilter& filter,
                                                        const std::stop_token& stop);

}  // namespace tinyforge::docker
