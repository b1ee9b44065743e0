// Base64, RFC 4648.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tinyforge::docker {

// The URL-safe alphabet, with padding.
std::string EncodeBase64Url(std::string_view bytes);

// The ordinary alphabet, with padding; empty for anything else.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace tinyforge::docker
