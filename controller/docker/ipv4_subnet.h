// An IPv4 subnet and how the shared network divides it: the first host address is the gateway, the rest of the lower
// half is given out by the controller, the upper half by the Engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"

namespace tinyforge::docker {

using Ipv4 = std::uint32_t;  // in host byte order

std::optional<Ipv4> ParseIpv4(std::string_view text);  // dotted quad, nothing else
std::string ToString(Ipv4 address);

struct Ipv4Subnet {
  Ipv4 base = 0;
  int prefix = 16;  // 8 to 28

  std::uint64_t size() const { return std::uint64_t{1} << (32 - prefix); }
  Ipv4 gateway() const { return base + 1; }
  Ipv4 first() const { return base + 2; }  // that the controller gives
  Ipv4 last() const { return base + static_cast<Ipv4>(size() / 2) - 1; }
  std::string Cidr() const;
  std::string UpperHalfCidr() const;
  bool operator==(const Ipv4Subnet&) const = default;
};

// Invalid unless "a.b.c.d/n" with n from 8 to 28 and no bits set behind the prefix.
Expected<Ipv4Subnet> ParseIpv4Subnet(std::string_view text);

}  // namespace tinyforge::docker
