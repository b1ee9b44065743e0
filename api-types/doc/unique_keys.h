// Keys of a Map stand there once: what a reader checks of each that it has read.
#pragma once

#include <utility>

#include "api-types/doc/node.h"

namespace tinyforge::doc {

// The first two members of a key that stands there more than once, in order of the document; nulls: there is none. Some
// n log n steps whatever the keys are.
std::pair<const Node::Member*, const Node::Member*> FindRepeatedKey(const Node& map);

}  // namespace tinyforge::doc
