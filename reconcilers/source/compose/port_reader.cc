#include <algorithm>
#include <charconv>

#include "api-types/codec/formats.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

constexpr std::uint32_t kMaxPort = 65535;
constexpr std::size_t kMaxPorts = 4096;  // of a service, ranges expanded
constexpr std::string_view kShortForm =
    "[[IP:]HOST_PORT:]CONTAINER_PORT[/PROTOCOL], ports being numbers or ranges as in 3000-3005";

struct Range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t size() const { return last - first + 1; }
};

std::optional<std::uint32_t> ParsePort(std::string_view text) {
  std::uint32_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || rest != text.data() + text.size() || port > kMaxPort) return std::nullopt;
  return port;
}

std::optional<Range> ParseRange(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = ParsePort(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : ParsePort(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return Range{*first, *last};
}

std::optional<v1::Protocol> ParseProtocol(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (lower == "tcp") return v1::Protocol::TCP;
  if (lower == "udp") return v1::Protocol::UDP;
  if (lower == "sctp") return v1::Protocol::SCTP;
  return std::nullopt;
}

// One entry, ranges not expanded.
struct Publication {
  Range container;
  std::optional<Range> host;  // nothing: ephemeral
  std::string host_ip;
  v1::Protocol protocol = v1::Protocol::TCP;
};

std::optional<std::string> ParseIp(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  if (!text.empty() && !codec::format::kIp.valid(text)) return std::nullopt;
  return std::string(text);
}

// What stands before the container's port: "IP:HOST", "IP:" or "HOST".
bool ParseHost(std::string_view text, Publication& out) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const auto ip = ParseIp(text.substr(0, colon));
    if (!ip) return false;
    out.host_ip = *ip;
    text.remove_prefix(colon + 1);
  }
  if (text.empty()) return true;  // any free one
  out.host = ParseRange(text);
  return out.host.has_value();
}

std::optional<Publication> ParseShort(std::string_view text) {
  Publication out;
  if (const std::size_t slash = text.rfind('/'); slash != std::string_view::npos) {
    const auto protocol = ParseProtocol(text.substr(slash + 1));
    if (!protocol) return std::nullopt;
    out.protocol = *protocol;
    text = text.substr(0, slash);
  }
  const std::size_t colon = text.rfind(':');
  const auto container = ParseRange(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if (!container || container->first == 0) return std::nullopt;
  out.container = *container;
  if (colon != std::string_view::npos && !ParseHost(text.substr(0, colon), out)) return std::nullopt;
  return out;
}

void Expand(const Value& value, const Publication& from, std::vector<Port>& out) {
  if (from.host && from.container.size() > 1 && from.host->size() != from.container.size())
    return value.Fail("publishes " + std::to_string(from.container.size()) + " container ports on " +
                      std::to_string(from.host->size()) + " host ports; expected as many");
  if (out.size() + from.container.size() > kMaxPorts)
    return value.Fail("the service publishes more than " + std::to_string(kMaxPorts) + " ports");
  const bool pick = from.host && from.container.size() == 1;
  for (std::uint32_t i = 0; i < from.container.size(); ++i) {
    const std::uint32_t host = from.host ? from.host->first + i : 0;
    out.push_back({.container = static_cast<std::uint16_t>(from.container.first + i),
                   .protocol = from.protocol,
                   .host = static_cast<std::uint16_t>(host),
                   .host_last = static_cast<std::uint16_t>(pick ? from.host->last : host),
                   .host_ip = from.host_ip});
  }
}

std::optional<Range> ReadPublished(const Value& value) {
  const auto text = value.Scalar();
  const auto range = text ? ParseRange(*text) : std::nullopt;
  if (text && !range) value.Mismatch("a port, or a range of ports as in 8080-8090");
  return range;
}

std::optional<std::string> ReadHostIp(const Value& value) {
  const auto text = value.Text();
  auto ip = text ? ParseIp(*text) : std::nullopt;
  if (text && !ip) value.Mismatch("an IP address");
  return ip;
}

std::optional<v1::Protocol> ReadProtocol(const Value& value) {
  const auto text = value.Text();
  const auto protocol = text ? ParseProtocol(*text) : std::nullopt;
  if (text && !protocol) value.Mismatch("tcp, udp or sctp");
  return protocol;
}

void ReadLong(const Value& item, std::vector<Port>& out) {
  const Section keys(item, "services.*.ports[]");
  Publication port;
  const auto target = keys.Require("target");
  const std::uint32_t number = target ? static_cast<std::uint32_t>(target->Integer(1, kMaxPort).value_or(0)) : 0;
  keys.TakeText("published", port.host, ReadPublished);
  keys.Take("host_ip", port.host_ip, ReadHostIp);
  keys.Take("protocol", port.protocol, ReadProtocol);
  keys.Check("name", &Value::Text);
  keys.Check("app_protocol", &Value::Text);
  keys.Check("mode", [](const Value& value) { return value.OneOf({"host", "ingress"}); });
  if (number == 0) return;
  port.container = {number, number};
  Expand(item, port, out);
}

void ReadPort(const Value& item, std::vector<Port>& out) {
  if (item.Is(doc::Type::Map)) return ReadLong(item, out);
  if (!item.Is(doc::Type::String) && !item.Is(doc::Type::Int)) return item.Mismatch(kShortForm);
  const auto text = item.Scalar();
  if (!text) return;
  if (const auto port = ParseShort(*text))
    Expand(item, *port, out);
  else
    item.Mismatch(kShortForm);
}

void ReadExposed(const Value& item, std::vector<ExposedPort>& out) {
  if (!item.Is(doc::Type::String) && !item.Is(doc::Type::Int)) return item.Mismatch("a port such as 3000 or 8125/udp");
  const auto text = item.Scalar();
  if (!text) return;
  const auto port = ParseShort(*text);
  if (!port || text->find(':') != std::string::npos) return item.Mismatch("a container port such as 3000 or 8125/udp");
  if (out.size() + port->container.size() > kMaxPorts)
    return item.Fail("the service exposes more than " + std::to_string(kMaxPorts) + " ports");
  for (std::uint32_t i = port->container.first; i <= port->container.last; ++i)
    out.push_back({static_cast<std::uint16_t>(i), port->protocol});
}

template <class T>
void SortOnce(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

void ReadPorts(const ServiceInput& in, Service& out) {
  if (const auto ports = in.keys.Find("ports"))
    for (const Value& item : ports->Items()) ReadPort(item, out.ports);
  if (const auto ports = in.keys.Find("expose"))
    for (const Value& item : ports->Items()) ReadExposed(item, out.expose);
  SortOnce(out.ports);
  SortOnce(out.expose);
}

}  // namespace tinyforge::compose
