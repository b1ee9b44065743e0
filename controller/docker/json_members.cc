#include "controller/docker/json_members.h"

#include <nlohmann/json.hpp>

namespace tinyforge::docker {

const nlohmann::json& At(const nlohmann::json& json, const char* key) {
  static const nlohmann::json kNull;
  if (!json.is_object()) return kNull;
  auto found = json.find(key);
  return found == json.end() ? kNull : *found;
}

std::string Text(const nlohmann::json& json) {
  return json.is_string() ? json.get_ref<const std::string&>() : std::string();
}

bool True(const nlohmann::json& json) {
  return json.is_boolean() && json.get<bool>();
}

std::int64_t Number(const nlohmann::json& json) {
  return json.is_number_integer() ? json.get<std::int64_t>() : 0;
}

}  // namespace tinyforge::docker
