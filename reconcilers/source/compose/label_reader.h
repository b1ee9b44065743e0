// Labels that a file gives to what is made for it.
#pragma once

#include <optional>

#include "api-types/meta/object.h"
#include "reconcilers/source/compose/value.h"

namespace tinyforge::compose {

// A mapping or a list of KEY=VALUE, in which none is the controller's own.
std::optional<StringMap> ReadOwnLabels(const Value& value);

// Fails at `value` for each of the labels that is the controller's own.
void RefuseReserved(const Value& value, const StringMap& labels);

}  // namespace tinyforge::compose
