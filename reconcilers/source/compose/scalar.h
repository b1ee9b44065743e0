// What a scalar says, in whichever of its spellings.
#pragma once

#include <optional>

#include "api-types/doc/node.h"

namespace tinyforge::compose {

// Of a boolean, or of a string that interpolation may bring: true, yes, on, y and their opposites in any case, as the
// reference implementation (compose-go) reads them. Nothing for anything else.
std::optional<bool> AsBoolean(const doc::Node& node);

}  // namespace tinyforge::compose
