// Hashes of the project: SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), as lower-case hex.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge {

std::string Sha256Hex(std::string_view bytes);
std::string HmacSha256Hex(std::string_view key, std::string_view bytes);

}  // namespace tinyforge
