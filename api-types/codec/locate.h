// From a field path back to its place.
#pragma once

#include <string_view>

#include "api-types/doc/node.h"

namespace tinyforge::codec {

// Where the value at a path such as "spec.ports[1].host" stands. For a part that is not there, the place of the nearest
// one around it.
doc::Mark Locate(const doc::Node& document, std::string_view field);

}  // namespace tinyforge::codec
