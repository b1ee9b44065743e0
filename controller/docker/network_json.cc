#include "controller/docker/network_json.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "controller/docker/json_members.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json LabelsJson(const StringMap& labels) {
  return std::map<std::string, std::string>(labels.begin(), labels.end());
}

Json IpamJson(const NetworkConfig& config) {
  Json pools = Json::array();
  for (const IpamPool& pool : config.ipam) {
    Json json = Json::object();
    if (!pool.subnet.empty()) json["Subnet"] = pool.subnet;
    if (!pool.ip_range.empty()) json["IPRange"] = pool.ip_range;
    if (!pool.gateway.empty()) json["Gateway"] = pool.gateway;
    if (!pool.aux_addresses.empty()) json["AuxiliaryAddresses"] = LabelsJson(pool.aux_addresses);
    pools.push_back(std::move(json));
  }
  Json ipam = {{"Driver", config.ipam_driver.empty() ? "default" : config.ipam_driver}, {"Config", std::move(pools)}};
  if (!config.ipam_options.empty()) ipam["Options"] = LabelsJson(config.ipam_options);
  return ipam;
}

// From the answer to an inspect.
std::string BodyOf(const Json& network) {
  Json body = {{"CheckDuplicate", true}};
  for (const char* key : {"Name", "Driver", "EnableIPv6", "IPAM", "Internal", "Attachable", "Options", "Labels"})
    if (const Json& value = At(network, key); !value.is_null()) body[key] = value;
  return Dump(body);
}

std::optional<Ipv4Subnet> SubnetOf(const Json& network) {
  for (const auto& config : network.at("IPAM").at("Config")) {
    if (auto subnet = ParseIpv4Subnet(config.value("Subnet", ""))) return *subnet;
  }
  return std::nullopt;
}

StringMap TextsOf(const Json& json) {
  StringMap texts;
  if (json.is_object())
    for (const auto& [key, value] : json.items()) texts.emplace(key, Text(value));
  return texts;
}

NetworkConfig ConfigOf(const Json& network) {
  const Json& ipam = At(network, "IPAM");
  NetworkConfig config{.driver = Text(At(network, "Driver")),
                       .driver_opts = TextsOf(At(network, "Options")),
                       .ipam_driver = Text(At(ipam, "Driver")),
                       .ipam_options = TextsOf(At(ipam, "Options")),
                       .internal = True(At(network, "Internal")),
                       .attachable = True(At(network, "Attachable")),
                       .enable_ipv6 = True(At(network, "EnableIPv6"))};
  if (At(ipam, "Config").is_array())
    for (const Json& pool : At(ipam, "Config"))
      config.ipam.push_back({Text(At(pool, "Subnet")), Text(At(pool, "IPRange")), Text(At(pool, "Gateway")),
                             TextsOf(At(pool, "AuxiliaryAddresses"))});
  return config;
}

bool Contains(const StringMap& all, const StringMap& some) {
  return std::ranges::all_of(some, [&](const auto& item) {
    const auto found = all.find(item.first);
    return found != all.end() && found->second == item.second;
  });
}

bool IsAs(const std::string& have, const std::string& want) {
  return want.empty() || have == want;
}

bool IsAs(const IpamPool& have, const IpamPool& want) {
  return IsAs(have.subnet, want.subnet) && IsAs(have.ip_range, want.ip_range) && IsAs(have.gateway, want.gateway) &&
         Contains(have.aux_addresses, want.aux_addresses);
}

}  // namespace

bool Fits(const NetworkConfig& wanted, const ObservedNetwork& found) {
  const NetworkConfig& have = found.config;
  const auto has_pool = [&](const IpamPool& pool) {
    return std::ranges::any_of(have.ipam, [&](const IpamPool& p) { return IsAs(p, pool); });
  };
  return have.driver == (wanted.driver.empty() ? "bridge" : wanted.driver) &&
         Contains(have.driver_opts, wanted.driver_opts) && have.internal == wanted.internal &&
         (have.attachable || !wanted.attachable) && (!wanted.enable_ipv6 || have.enable_ipv6 == wanted.enable_ipv6) &&
         IsAs(have.ipam_driver, wanted.ipam_driver) && Contains(have.ipam_options, wanted.ipam_options) &&
         std::ranges::all_of(wanted.ipam, has_pool);
}

std::string EncodeNetworkBody(const NetworkBody& network) {
  const NetworkConfig& config = network.config;
  Json body = {{"Name", network.name},
               {"CheckDuplicate", true},
               {"Driver", config.driver.empty() ? "bridge" : config.driver},
               {"Labels", LabelsJson(network.labels)}};
  if (network.ipv6) body["EnableIPv6"] = true;
  if (config.internal) body["Internal"] = true;
  if (config.attachable) body["Attachable"] = true;
  if (!config.driver_opts.empty()) body["Options"] = LabelsJson(config.driver_opts);
  if (!config.ipam_driver.empty() || !config.ipam_options.empty() || !config.ipam.empty())
    body["IPAM"] = IpamJson(config);
  if (network.subnet) {
    Json pool = {{"Subnet", network.subnet->Cidr()},
                 {"IPRange", network.subnet->UpperHalfCidr()},
                 {"Gateway", ToString(network.subnet->gateway())}};
    body["IPAM"] = {{"Driver", "default"}, {"Config", Json::array({pool})}};
  }
  return Dump(body);
}

std::string EncodeVolumeBody(const DesiredVolume& volume, const StringMap& labels) {
  Json body = {{"Name", volume.name}, {"Labels", LabelsJson(labels)}};
  if (!volume.driver.empty()) body["Driver"] = volume.driver;
  if (!volume.driver_opts.empty()) body["DriverOpts"] = LabelsJson(volume.driver_opts);
  return Dump(body);
}

std::optional<ObservedNetwork> DecodeNetwork(std::string_view text) try {
  auto json = Json::parse(text, nullptr, false);
  ObservedNetwork network{.name = json.at("Name").get<std::string>()};
  if (json.contains("Labels") && json["Labels"].is_object()) {
    for (const auto& [key, value] : json["Labels"].items()) network.labels.emplace(key, value.get<std::string>());
  }
  if (json.contains("IPAM") && json["IPAM"].contains("Config") && json["IPAM"]["Config"].is_array()) {
    network.subnet = SubnetOf(json);
  }
  network.config = ConfigOf(json);
  network.body = BodyOf(json);
  return network;
} catch (const Json::exception&) {
  return std::nullopt;
}

std::optional<ObservedVolume> DecodeVolume(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  ObservedVolume volume{.name = Text(At(json, "Name")), .driver = Text(At(json, "Driver")), .driver_opts = {}};
  if (volume.name.empty()) return std::nullopt;
  const Json& options = At(json, "Options");
  if (options.is_object())
    for (const auto& [key, value] : options.items()) volume.driver_opts.emplace(key, Text(value));
  return volume;
}

std::vector<OutdatedNetwork::Member> DecodeMembers(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  std::vector<OutdatedNetwork::Member> members;
  for (const Json& container : json.is_array() ? json : Json::array()) {
    const Json& all = At(container, "Names");
    const std::string id = Text(At(container, "Id"));
    const std::string name = all.is_array() && !all.empty() ? Text(all.front()) : id;
    members.push_back({.id = id, .name = name.starts_with('/') ? name.substr(1) : name});
  }
  return members;
}

}  // namespace tinyforge::docker
