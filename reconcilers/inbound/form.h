// HTML forms, application/x-www-form-urlencoded (WHATWG URL, section 5.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tinyforge::inbound {

// The decoded value of the first field so called; empty when there is none or its percent-encoding is broken.
std::optional<std::string> FormValue(std::string_view form, std::string_view name);

}  // namespace tinyforge::inbound
