// Tolerant reading of the Engine's JSON: a member that is absent or of another type reads as its default.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tinyforge::docker {

// The member, or null.
const nlohmann::json& At(const nlohmann::json& json, const char* key);

std::string Text(const nlohmann::json& json);
bool True(const nlohmann::json& json);
std::int64_t Number(const nlohmann::json& json);

}  // namespace tinyforge::docker
