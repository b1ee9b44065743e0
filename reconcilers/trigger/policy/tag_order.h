// tagPolicy.order: what is highest of the tags that a pattern admits.
#pragma once

#include <compare>
#include <string_view>

#include "api-types/v1/trigger.h"

namespace tinyforge {

// Whether a text has a place in the order: for Numeric only a decimal number.
bool MayOrder(v1::TagOrder order, std::string_view text);

// Both have a place in it.
std::weak_ordering CompareBy(v1::TagOrder order, std::string_view a, std::string_view b);

}  // namespace tinyforge
