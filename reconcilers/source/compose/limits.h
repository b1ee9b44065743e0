// Limits that more than one section has.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "reconcilers/source/compose/project_scope.h"

namespace tinyforge::compose {

// By name. A number is soft and hard limit at once.
std::optional<std::vector<v1::Ulimit>> ReadUlimits(const Value& value, std::string_view section);

// `gpus`, or the devices of deploy.resources.reservations.
std::optional<std::vector<DeviceRequest>> ReadDeviceRequests(const Value& value, std::string_view section);

}  // namespace tinyforge::compose
