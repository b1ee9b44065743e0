#include "controller/docker/ipv4_subnet.h"

#include <charconv>

namespace tinyforge::docker {

std::optional<Ipv4> ParseIpv4(std::string_view text) {
  Ipv4 address = 0;
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > 255) return std::nullopt;
    address = address << 8 | value;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (part == 3) break;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  return address;
}

std::string ToString(Ipv4 address) {
  return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." +
         std::to_string(address >> 8 & 255) + "." + std::to_string(address & 255);
}

std::string Ipv4Subnet::Cidr() const {
  return ToString(base) + "/" + std::to_string(prefix);
}

std::string Ipv4Subnet::UpperHalfCidr() const {
  return ToString(base + static_cast<Ipv4>(size() / 2)) + "/" + std::to_string(prefix + 1);
}

Expected<Ipv4Subnet> ParseIpv4Subnet(std::string_view text) {
  Error invalid{ErrorKind::Invalid, "subnet \"" + std::string(text) +
                                        "\": expected an IPv4 network with a prefix of 8 to "
                                        "28 bits, such as 10.213.0.0/16"};
  auto slash = text.find('/');
  if (slash == std::string_view::npos) return invalid;
  Ipv4Subnet subnet;
  auto base = ParseIpv4(text.substr(0, slash));
  auto [rest, error] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), subnet.prefix);
  if (!base || error != std::errc() || rest != text.data() + text.size()) return invalid;
  if (subnet.prefix < 8 || subnet.prefix > 28 || (*base & (subnet.size() - 1)) != 0) return invalid;
  subnet.base = *base;
  return subnet;
}

}  // namespace tinyforge::docker
