#include "controller/docker/network_json.h"

#include <map>
#include <nlohmann/json.hpp>

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json LabelsJson(const StringMap& labels) {
  return std::map<std::string, std::string>(labels.begin(), labels.end());
}

std::optional<Ipv4Subnet> SubnetOf(const Json& network) {
  for (const auto& config : network.at("IPAM").at("Config")) {
    if (auto subnet = ParseIpv4Subnet(config.value("Subnet", ""))) return *subnet;
  }
  return std::nullopt;
}

}  // namespace

std::string EncodeNetworkBody(const NetworkBody& network) {
  Json body = {
      {"Name", network.name}, {"CheckDuplicate", true}, {"Driver", "bridge"}, {"Labels", LabelsJson(network.labels)}};
  if (network.ipv6) body["EnableIPv6"] = true;
  if (network.subnet) {
    Json config = {{"Subnet", network.subnet->Cidr()},
                   {"IPRange", network.subnet->UpperHalfCidr()},
                   {"Gateway", ToString(network.subnet->gateway())}};
    body["IPAM"] = {{"Driver", "default"}, {"Config", Json::array({config})}};
  }
  return Dump(body);
}

std::string EncodeVolumeBody(std::string_view name, const StringMap& labels) {
  return Dump({{"Name", name}, {"Labels", LabelsJson(labels)}});
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
  return network;
} catch (const Json::exception&) {
  return std::nullopt;
}

}  // namespace tinyforge::docker
