#include "api-types/codec/ip_text.h"

#include <arpa/inet.h>

#include <array>

namespace tinyforge::codec {

std::string CanonicalIp(std::string text) {
  in6_addr bytes{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  if (inet_pton(AF_INET6, text.c_str(), &bytes) != 1) return text;
  return inet_ntop(AF_INET6, &bytes, canonical.data(), canonical.size()) ? canonical.data() : text;
}

}  // namespace tinyforge::codec
