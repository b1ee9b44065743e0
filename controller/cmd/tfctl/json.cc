#include "controller/cmd/tfctl/json.h"

#include <nlohmann/json.hpp>

namespace tinyforge::tfctl {
namespace {

const Json& Null() {
  static const Json null;
  return null;
}

}  // namespace

Expected<Json> ParseJson(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded())
    return Error{ErrorKind::Invalid, "the server's answer is not JSON; does another program listen there?"};
  return json;
}

std::string Pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

const Json& At(const Json& json, JsonPath path) {
  const Json* here = &json;
  for (const auto key : path) {
    if (!here->is_object()) return Null();
    const auto it = here->find(key);
    if (it == here->end()) return Null();
    here = &*it;
  }
  return *here;
}

std::string Text(const Json& json, JsonPath path) {
  const Json& value = At(json, path);
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? value.dump() : std::string();
}

std::int64_t Number(const Json& json, JsonPath path, std::int64_t otherwise) {
  const Json& value = At(json, path);
  return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}

bool Flag(const Json& json, JsonPath path) {
  const Json& value = At(json, path);
  return value.is_boolean() && value.get<bool>();
}

std::optional<SysTime> Time(const Json& json, JsonPath path) {
  return ParseRfc3339(Text(json, path));
}

const Json& FindCondition(const Json& object, std::string_view type) {
  for (const auto& condition : At(object, {"status", "conditions"})) {
    if (Text(condition, {"type"}) == type) return condition;
  }
  return Null();
}

}  // namespace tinyforge::tfctl
