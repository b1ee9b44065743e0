#include "reconcilers/source/compose/network_renderer.h"

#include <algorithm>

#include "reconcilers/source/compose/project_labels.h"

namespace tinyforge::compose {
namespace {

std::vector<std::string> NamesOf(const Project& project, const std::string& name) {
  std::vector<std::string> names = {name};
  for (const auto& [other, service] : project.services)
    for (const Link& link : service.links)
      if (link.service == name) names.push_back(link.alias);
  return names;
}

NetworkAttachment Attach(const Network& network, const ServiceNetwork& joined, const std::vector<std::string>& names) {
  NetworkAttachment attachment{.network = network.name, .aliases = joined.aliases, .address = joined.ipv4_address};
  attachment.aliases.insert(attachment.aliases.end(), names.begin(), names.end());
  std::ranges::sort(attachment.aliases);
  attachment.aliases.erase(std::unique(attachment.aliases.begin(), attachment.aliases.end()), attachment.aliases.end());
  attachment.ipv6_address = joined.ipv6_address.value_or("");
  attachment.link_local_ips = joined.link_local_ips;
  attachment.mac_address = joined.mac_address.value_or("");
  attachment.driver_opts = joined.driver_opts;
  return attachment;
}

}  // namespace

DesiredNetwork RenderNetwork(const Project& project, const std::string& key) {
  const Network& network = project.networks.at(key);
  if (network.external) return {.name = network.name, .external = true};
  NetworkConfig config{.driver = network.driver,
                       .driver_opts = network.driver_opts,
                       .ipam_driver = network.ipam.driver,
                       .ipam_options = network.ipam.options,
                       .internal = network.internal,
                       .attachable = network.attachable,
                       .enable_ipv6 = network.enable_ipv6,
                       .labels = network.labels};
  config.labels.merge(ProjectLabels(project, "network", key));
  for (const IpamPool& pool : network.ipam.pools)
    config.ipam.push_back({pool.subnet, pool.ip_range, pool.gateway, pool.aux_addresses});
  return {.name = network.name, .config = std::move(config)};
}

std::vector<NetworkAttachment> RenderAttachments(const Project& project, const std::string& name) {
  std::vector<std::pair<int, NetworkAttachment>> joined;
  const std::vector<std::string> names = NamesOf(project, name);
  for (const auto& [key, network] : project.services.at(name).networks)
    joined.emplace_back(network.priority, Attach(project.networks.at(key), network, names));
  std::ranges::stable_sort(joined, std::ranges::greater(), [](const auto& one) { return one.first; });
  std::vector<NetworkAttachment> attachments;
  for (auto& [priority, attachment] : joined) attachments.push_back(std::move(attachment));
  return attachments;
}

}  // namespace tinyforge::compose
