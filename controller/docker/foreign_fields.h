// How a container that another tool made differs from what a create of a template makes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/docker/alteration.h"

namespace tinyforge::docker {

// AlteredFields, and beside them what that leaves to the template hash, which such a container does not bear: all of
// HostConfig both ways, what the template leaves to the image (health check, stop signal), names, people's labels and
// the options of mounts. Whose image cannot be looked at differs in "image". So what is equal by this stays
// equal in what a create would set, but for what an Engine's own defaults decide when nothing is asked for: runtime,
// log driver and its options, the cgroup and IPC namespaces; and but for networks, limits and restart policy, which are
// compared elsewhere, exposed ports, and `nocopy`, which only counts once.
std::vector<std::string> ForeignFields(std::string_view inspect, const DesiredContainer& desired,
                                       const std::optional<ImageDefaults>& image, SecretReader* secrets);

// A health check as the Engine reports it, in one form; empty: none.
std::string HealthcheckText(const nlohmann::json& healthcheck);

}  // namespace tinyforge::docker
