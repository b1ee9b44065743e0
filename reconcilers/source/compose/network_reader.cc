#include <algorithm>
#include <cctype>

#include "api-types/codec/formats.h"
#include "api-types/codec/ip_text.h"
#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/namespaces.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kDefault = "default";

bool IsMac(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool separator = i % 3 == 2;
    if (separator ? text[i] != ':' && text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0)
      return false;
  }
  return true;
}

const codec::TextFormat kMac = {"a MAC address such as 02:42:ac:11:65:43", IsMac, ""};

// In the one form that the Engine tells it in.
std::optional<std::string> ReadMac(const Value& value) {
  auto mac = Value::Of(kMac)(value);
  if (!mac) return mac;
  for (char& c : *mac) c = c == '-' ? ':' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return mac;
}

bool IsIpv6(std::string_view text) {
  return codec::format::kIp.valid(text) && !codec::format::kIpv4.valid(text);
}

const codec::TextFormat kIpv6 = {"an IPv6 address", IsIpv6, ""};

std::optional<std::string> ReadIpv6(const Value& value) {
  auto ip = Value::Of(kIpv6)(value);
  return ip ? std::optional(codec::CanonicalIp(*std::move(ip))) : std::nullopt;
}

std::optional<std::vector<std::string>> ReadIps(const Value& value) {
  std::vector<std::string> ips;
  for (const Value& item : value.Items())
    if (auto ip = Value::Of(codec::format::kIp)(item)) ips.push_back(codec::CanonicalIp(*std::move(ip)));
  return ips;
}

bool CheckNetwork(const Value& value, std::string_view key, const Names& names) {
  return key == kDefault || CheckName(value, key, names.networks, "network");
}

ServiceNetwork ReadNetwork(const Value& value) {
  ServiceNetwork network;
  if (value.Is(doc::Type::Null)) return network;
  const Section keys(value, "services.*.networks.*");
  keys.Take("aliases", network.aliases, &Value::Texts);
  keys.Take("ipv4_address", network.ipv4_address, Value::Of(codec::format::kIpv4));
  keys.Take("ipv6_address", network.ipv6_address, ReadIpv6);
  keys.Take("link_local_ips", network.link_local_ips, ReadIps);
  keys.Take("mac_address", network.mac_address, ReadMac);
  keys.Take("driver_opts", network.driver_opts, ReadOptions);
  keys.TakeInteger("priority", network.priority, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  std::sort(network.aliases.begin(), network.aliases.end());
  network.aliases.erase(std::unique(network.aliases.begin(), network.aliases.end()), network.aliases.end());
  return network;
}

void ReadNetworks(const Value& value, const Names& names, Service& out) {
  if (!value.Is(doc::Type::Map)) return value.Mismatch("a list of networks, or a mapping by network");
  for (const Value::Entry& entry : value.Entries()) {
    ServiceNetwork network = ReadNetwork(entry.value);
    if (CheckNetwork(entry.value, entry.key, names)) out.networks[entry.key] = std::move(network);
  }
}

void CheckMode(const ServiceInput& in, const Service& out) {
  if (out.network_mode.kind == NamespaceKind::Default) return;
  const std::string mode = in.keys.Find("network_mode")->node().text;
  if (const auto networks = in.keys.Find("networks"))
    networks->Fail("network_mode and networks exclude each other; keep one");
  const auto ports = in.keys.Find("ports");
  if (ports && out.network_mode.kind != NamespaceKind::Bridge)
    ports->Fail("no port is published with network_mode: " + mode + "; remove one of them");
}

void ReadLinks(const ServiceInput& in, Service& out) {
  const auto list = in.keys.Find("links");
  if (!list) return;
  for (const Value& item : list->Items()) {
    const auto text = item.Word();
    if (!text) continue;
    const std::size_t colon = text->find(':');
    Link link{text->substr(0, colon), text->substr(colon == std::string::npos ? 0 : colon + 1)};
    if (link.alias.empty())
      item.Mismatch("SERVICE or SERVICE:ALIAS");
    else if (CheckName(item, link.service, in.scope.names.services, "service"))
      out.links.push_back(std::move(link));
  }
  std::sort(out.links.begin(), out.links.end());
}

}  // namespace

// Without networks and network_mode a service is on the network "default".
void ReadNetworking(const ServiceInput& in, Service& out) {
  const Section& keys = in.keys;
  keys.TakeText("network_mode", out.network_mode, [&](const Value& value) {
    return ReadNamespace(
        value, {{"none", NamespaceKind::None}, {"host", NamespaceKind::Host}, {"bridge", NamespaceKind::Bridge}},
        in.scope.names);
  });
  const auto networks = keys.Find("networks");
  if (networks) ReadNetworks(*networks, in.scope.names, out);
  CheckMode(in, out);
  if (out.network_mode.kind != NamespaceKind::Default)
    out.networks.clear();
  else if (!networks || (networks->node().items.empty() && networks->node().members.empty()))
    out.networks[std::string(kDefault)] = {};
  keys.TakeText("mac_address", out.mac_address, ReadMac);
  ReadLinks(in, out);
}

}  // namespace tinyforge::compose
