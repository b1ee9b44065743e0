#include <algorithm>

#include "api-types/codec/formats.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kHostForm = "NAME=ADDRESS, the address an IP address or host-gateway";

bool IsHostName(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t:=") == std::string_view::npos;
}

void AddHost(const Value& value, std::string_view host, std::string_view address, std::vector<ExtraHost>& out) {
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  if (!IsHostName(host) || (address != "host-gateway" && !codec::format::kIp.valid(address)))
    return value.Mismatch(kHostForm);
  out.push_back({std::string(host), std::string(address)});
}

void ReadHostEntry(const Value::Entry& entry, std::vector<ExtraHost>& out) {
  const auto addresses = entry.value.TextOrTexts();
  if (!addresses) return;
  for (const std::string& address : *addresses) AddHost(entry.value, entry.key, address, out);
}

std::optional<std::vector<ExtraHost>> ReadExtraHosts(const Value& value) {
  std::vector<ExtraHost> hosts;
  for (const Value::Entry& entry : value.Entries()) ReadHostEntry(entry, hosts);
  // By name; the addresses of one in their order.
  std::stable_sort(hosts.begin(), hosts.end(), [](const ExtraHost& a, const ExtraHost& b) { return a.host < b.host; });
  return hosts;
}

std::optional<std::vector<std::string>> ReadNameServers(const Value& value) {
  auto servers = value.TextOrTexts();
  if (!servers) return servers;
  std::erase(*servers, "");  // what interpolation makes of "${DNS:-}"
  const auto wrong = std::find_if_not(servers->begin(), servers->end(),
                                      [](const std::string& text) { return codec::format::kIp.valid(text); });
  if (wrong != servers->end()) value.Fail("expected IP addresses, got " + Quoted(*wrong));
  return servers;
}

}  // namespace

void ReadHosts(const ServiceInput& in, Service& out) {
  in.keys.TakeText("hostname", out.hostname, Value::Of(codec::format::kHostname));
  in.keys.TakeText("domainname", out.domainname, Value::Of(codec::format::kHostname));
  in.keys.Take("extra_hosts", out.extra_hosts, ReadExtraHosts);
  in.keys.Take("dns", out.dns, ReadNameServers);
  in.keys.Take("dns_search", out.dns_search, &Value::TextOrTexts);
  in.keys.Take("dns_opt", out.dns_opt, &Value::Texts);
}

}  // namespace tinyforge::compose
