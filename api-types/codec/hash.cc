#include "api-types/codec/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>

namespace tinyforge::codec {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string Hex(const Digest& digest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    text += kHex[byte >> 4U];
    text += kHex[byte & 0xFU];
  }
  return text;
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  Digest digest{};
  SHA256(Bytes(bytes), bytes.size(), digest.data());
  return Hex(digest);
}

std::string HmacSha256Hex(std::string_view key, std::string_view bytes) {
  Digest digest{};
  // A null key would mean "the one of the last call".
  const std::string_view safe_key = key.data() == nullptr ? std::string_view("") : key;
  HMAC(EVP_sha256(), Bytes(safe_key), static_cast<int>(safe_key.size()), Bytes(bytes), bytes.size(), digest.data(), nullptr);
  return Hex(digest);
}

}  // namespace tinyforge::codec
