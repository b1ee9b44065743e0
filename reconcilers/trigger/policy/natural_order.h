// Orders of texts that hold numbers of any length.
#pragma once

#include <compare>
#include <string_view>

namespace tinyforge {

// Whether it is one or more decimal digits and nothing else.
bool IsDecimal(std::string_view text);

// Two decimal numbers by value; leading zeros do not count. Neither overflows, whatever its length.
std::strong_ordering CompareDecimal(std::string_view a, std::string_view b);

// Runs of digits by value, everything else by bytes: "v9" before "v10". Equal only for equal texts: of two that differ
// in leading zeros alone, the bytes decide.
std::strong_ordering CompareNatural(std::string_view a, std::string_view b);

}  // namespace tinyforge
