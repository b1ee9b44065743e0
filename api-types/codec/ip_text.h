// IP addresses as text.
#pragma once

#include <string>

namespace tinyforge::codec {

// An IPv6 address in its one shortest form, in lower case, as the Engine tells it; any other text as it is.
std::string CanonicalIp(std::string text);

}  // namespace tinyforge::codec
