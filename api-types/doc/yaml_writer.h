// A node as YAML for people: block style, keys in the node's order, quotes only where a plain scalar would read back as
// something else, several lines as a block scalar. ParseYaml of the text gives the same document.
#pragma once

#include <string>

#include "api-types/doc/node.h"

namespace tinyforge::doc {

std::string ToYaml(const Node& node);

}  // namespace tinyforge::doc
