#include "controller/serve/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

namespace tinyforge::serve {
namespace {

constexpr std::size_t kLongestText = 45;  // of an IPv6 address

std::string_view Trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Cuts off and returns what stands behind the last comma.
std::string_view TakeLast(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  const std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  return Trimmed(last);
}

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711"
std::optional<IpAddress> ParseForwarded(std::string_view entry) {
  if (entry.starts_with('[')) {
    const std::size_t end = entry.find(']');
    return end == std::string_view::npos ? std::nullopt : IpAddress::Parse(entry.substr(1, end - 1));
  }
  if (std::ranges::count(entry, ':') == 1) entry = entry.substr(0, entry.find(':'));
  return IpAddress::Parse(entry);
}

std::optional<IpNetwork> ParseNetwork(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned most = address->is_ipv4() ? 32 : 128;
  unsigned bits = most;
  if (slash < text.size()) {
    const std::string_view length = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (error != std::errc() || end != length.data() + length.size() || bits > most) return std::nullopt;
  }
  if (address->Masked(bits) != *address) return std::nullopt;
  return IpNetwork{*address, bits};
}

}  // namespace

IpAddress IpAddress::FromV6(const std::uint8_t* bytes) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  IpAddress address;
  const bool mapped = std::equal(kMapped.begin(), kMapped.end(), bytes);
  address.family_ = mapped ? Family::V4 : Family::V6;
  std::copy(mapped ? bytes + kMapped.size() : bytes, bytes + 16, address.bytes_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (text.empty() || text.size() > kLongestText) return std::nullopt;
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes_.data()) == 1) {
    address.family_ = Family::V4;
    return address;
  }
  std::array<std::uint8_t, 16> v6{};
  if (::inet_pton(AF_INET6, terminated.c_str(), v6.data()) != 1) return std::nullopt;
  return FromV6(v6.data());
}

IpAddress IpAddress::OfPeer(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  if (storage.ss_family == AF_INET6) return FromV6(reinterpret_cast<sockaddr_in6*>(&storage)->sin6_addr.s6_addr);
  if (storage.ss_family != AF_INET) return {};
  IpAddress address;
  address.family_ = Family::V4;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<sockaddr_in*>(&storage)->sin_addr);
  std::copy_n(bytes, 4, address.bytes_.begin());
  return address;
}

std::string IpAddress::ToString() const {
  if (empty()) return {};
  char text[INET6_ADDRSTRLEN];
  const char* done = ::inet_ntop(is_ipv4() ? AF_INET : AF_INET6, bytes_.data(), text, sizeof(text));
  return done == nullptr ? std::string() : std::string(done);
}

IpAddress IpAddress::Masked(unsigned bits) const {
  IpAddress masked = *this;
  for (unsigned i = 0; i < masked.bytes_.size(); ++i) {
    const unsigned kept = bits > 8 * i ? std::min(bits - 8 * i, 8u) : 0;
    masked.bytes_[i] = static_cast<std::uint8_t>(masked.bytes_[i] & (0xFF00u >> kept));
  }
  return masked;
}

Expected<std::vector<IpNetwork>> ParseNetworks(std::string_view text) {
  std::vector<IpNetwork> networks;
  while (!Trimmed(text).empty()) {
    const std::string_view entry = TakeLast(text);
    const auto network = ParseNetwork(entry);
    if (!network) {
      return Error{ErrorKind::Invalid, "expected networks separated by commas, such as 10.0.0.0/8, fd00::/8, got \"" +
                                           std::string(entry) + "\""};
    }
    networks.push_back(*network);
  }
  std::ranges::reverse(networks);
  return networks;
}

bool ContainsAddress(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::ranges::any_of(networks, [&](const IpNetwork& network) { return network.Contains(address); });
}

IpAddress CallerBehind(const IpAddress& peer, const std::vector<std::string_view>& forwarded_for,
                       const std::vector<IpNetwork>& trusted) {
  IpAddress caller = peer;
  for (auto field = forwarded_for.rbegin(); field != forwarded_for.rend(); ++field) {
    std::string_view list = *field;
    while (!list.empty()) {
      if (!ContainsAddress(trusted, caller)) return caller;
      const auto before = ParseForwarded(TakeLast(list));
      if (!before) return caller;
      caller = *before;
    }
  }
  return caller;
}

}  // namespace tinyforge::serve
