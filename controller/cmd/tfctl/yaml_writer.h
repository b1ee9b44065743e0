// JSON as YAML for people: block style, keys in their order, quotes only where a plain scalar would read back as something
// else, several lines as a block scalar.
#pragma once

#include <string>

#include "controller/cmd/tfctl/json.h"

namespace tinyforge::tfctl {

std::string ToYaml(const Json& json);

}  // namespace tinyforge::tfctl
