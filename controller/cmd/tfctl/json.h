// Reading answers of the API without surprises: what is absent or of another type reads as empty.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"

namespace tinyforge::tfctl {

using Json = nlohmann::ordered_json;
using JsonPath = std::initializer_list<std::string_view>;

Expected<Json> ParseJson(std::string_view text);
std::string Pretty(const Json& json);  // two spaces an indent, no line end

// The value at a path of keys; null when there is none.
const Json& At(const Json& json, JsonPath path);
// Strings as they are, numbers and booleans as written, everything else empty.
std::string Text(const Json& json, JsonPath path);
std::int64_t Number(const Json& json, JsonPath path, std::int64_t otherwise = 0);
bool Flag(const Json& json, JsonPath path);
std::optional<SysTime> Time(const Json& json, JsonPath path);

// The condition of that type; null when there is none.
const Json& FindCondition(const Json& object, std::string_view type);

}  // namespace tinyforge::tfctl
