// JSONPath templates as kubectl takes them with -o jsonpath=.
#pragma once

#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "controller/cmd/tfctl/json.h"

namespace tinyforge::tfctl {

// Text outside braces stands as it is. Inside: "{.a.b}", "{.items[0].metadata.name}", "{.items[*].metadata.name}",
// "{['a.b']}", "{.list[?(@.type=="Ready")].status}" (== and !=), "{"\n"}", "{range .items[*]}…{end}", "{@}". Several
// values are joined by a space; what is not there is empty. A template without braces is one path. Invalid for anything
// else.
Expected<std::string> EvaluateTemplate(const Json& json, std::string_view text);

// The values that one path ("metadata.name", ".spec.replicas") leads to, joined by a space.
Expected<std::string> EvaluatePath(const Json& json, std::string_view path);

}  // namespace tinyforge::tfctl
