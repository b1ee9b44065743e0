// Texts of a stranger that are shown to people and compared, but decide nothing.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge::inbound {

// The text when it has at most 128 letters, digits, blanks and -_.:{}; otherwise nothing.
std::string LabelText(std::string_view text);

std::string ToLower(std::string text);

}  // namespace tinyforge::inbound
