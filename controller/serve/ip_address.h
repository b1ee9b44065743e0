// Addresses of callers, and networks of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"

namespace tinyforge::serve {

// An IPv4 or IPv6 address; IPv4 mapped into IPv6 (::ffff:192.0.2.1) is IPv4. The empty one stands for a caller that has
// none, as over a unix socket.
class IpAddress {
 public:
  IpAddress() = default;
  static std::optional<IpAddress> Parse(std::string_view text);  // without a port, a zone or brackets
  static IpAddress OfPeer(int socket);                           // empty when it has none, or is gone

  bool empty() const { return family_ == Family::None; }
  bool is_ipv4() const { return family_ == Family::V4; }
  std::string ToString() const;  // "192.0.2.1", "2001:db8::1"; of the empty one ""

  // All but the first `bits` bits set to zero.
  IpAddress Masked(unsigned bits) const;
  // What one subscriber has: an IPv4 address, an IPv6 /64.
  IpAddress Host() const { return Masked(is_ipv4() ? 32 : 64); }
  // What one organisation has, roughly: an IPv4 /24, an IPv6 /48.
  IpAddress Site() const { return Masked(is_ipv4() ? 24 : 48); }

  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }  // IPv4 in the first four
  auto operator<=>(const IpAddress&) const = default;

 private:
  enum class Family : std::uint8_t { None, V4, V6 };
  static IpAddress FromV6(const std::uint8_t* bytes);

  Family family_ = Family::None;
  std::array<std::uint8_t, 16> bytes_{};
};

// "192.0.2.0/24", "2001:db8::/32", or an address for itself alone.
struct IpNetwork {
  IpAddress address;
  unsigned bits = 0;

  bool Contains(const IpAddress& other) const { return !other.empty() && other.Masked(bits) == address; }
  bool operator==(const IpNetwork&) const = default;
};

// Networks separated by commas, with or without spaces; none of an empty text. Invalid names one that is none: also
// one with bits set beyond its length.
Expected<std::vector<IpNetwork>> ParseNetworks(std::string_view text);

bool ContainsAddress(const std::vector<IpNetwork>& networks, const IpAddress& address);

// Who is behind a proxy, as the fields X-Forwarded-For of a request say in their order. Read from the right: each
// trusted proxy added whom it was called by, and what stands left of the first that is not trusted is hearsay. An entry
// may carry a port. Where it says nothing, or nothing readable, it is the last one known for sure: at first `peer`
// itself.
IpAddress CallerBehind(const IpAddress& peer, const std::vector<std::string_view>& forwarded_for,
                       const std::vector<IpNetwork>& trusted);

}  // namespace tinyforge::serve
