// Base64 of RFC 4648, section 4, with padding and without white space.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tinyforge::logins {

std::string EncodeBase64(std::string_view bytes);
std::optional<std::string> DecodeBase64(std::string_view text);  // empty for anything else, and for no text

}  // namespace tinyforge::logins
