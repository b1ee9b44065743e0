// Hashes, as lower-case hex.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge::codec {

// FIPS 180-4.
std::string Sha256Hex(std::string_view bytes);

// RFC 2104 with SHA-256. For whatever must not be guessed from its hash: secret values.
std::string HmacSha256Hex(std::string_view key, std::string_view bytes);

}  // namespace tinyforge::codec
