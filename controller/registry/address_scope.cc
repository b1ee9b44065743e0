#include "controller/registry/address_scope.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace tinyforge::registry {
namespace {

struct Range {
  std::uint32_t network;
  int bits;
  AddressScope scope;
};

// IANA's registry of special-purpose addresses (RFC 6890), as far as it matters here.
constexpr std::array<Range, 11> kRanges = {{{0x00000000, 8, AddressScope::Forbidden},
                                            {0x0A000000, 8, AddressScope::Inside},
                                            {0x64400000, 10, AddressScope::Inside},
                                            {0x7F000000, 8, AddressScope::Inside},
                                            {0xA9FE0000, 16, AddressScope::Forbidden},
                                            {0xAC100000, 12, AddressScope::Inside},
                                            {0xC0000000, 24, AddressScope::Forbidden},
                                            {0xC0A80000, 16, AddressScope::Inside},
                                            {0xC6120000, 15, AddressScope::Inside},
                                            {0xE0000000, 4, AddressScope::Forbidden},
                                            {0xF0000000, 4, AddressScope::Forbidden}}};

AddressScope ScopeOfV4(std::uint32_t address) {
  for (const Range& range : kRanges)
    if ((address ^ range.network) >> (32 - range.bits) == 0) return range.scope;
  return AddressScope::Outside;
}

using Bytes = std::array<std::uint8_t, 16>;

std::uint32_t V4At(const Bytes& bytes, std::size_t at) {
  std::uint32_t address = 0;
  for (std::size_t i = 0; i < 4; ++i) address = address << 8 | bytes[at + i];
  return address;
}

template <std::size_t size>
bool Begins(const Bytes& bytes, const std::array<std::uint8_t, size>& prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

AddressScope ScopeOfV6(const Bytes& bytes) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr std::array<std::uint8_t, 12> kNat64 = {0, 0x64, 0xFF, 0x9B};
  constexpr std::array<std::uint8_t, 12> kZero = {};
  if (Begins(bytes, kMapped) || Begins(bytes, kNat64)) return ScopeOfV4(V4At(bytes, 12));
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return ScopeOfV4(V4At(bytes, 2));
  if (Begins(bytes, kZero)) return V4At(bytes, 12) == 1 ? AddressScope::Inside : AddressScope::Forbidden;
  if ((bytes[0] & 0xFE) == 0xFC) return AddressScope::Inside;
  const bool link_local = bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80;
  return link_local || bytes[0] == 0xFF ? AddressScope::Forbidden : AddressScope::Outside;
}

}  // namespace

AddressScope ScopeOf(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return ScopeOfV4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return AddressScope::Forbidden;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  Bytes bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return ScopeOfV6(bytes);
}

AddressScope ScopeOf(const std::string& address) {
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return ScopeOfV4(ntohl(v4.s_addr));
  Bytes v6{};
  return inet_pton(AF_INET6, address.c_str(), v6.data()) == 1 ? ScopeOfV6(v6) : AddressScope::Forbidden;
}

}  // namespace tinyforge::registry
