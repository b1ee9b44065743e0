#include "reconcilers/source/compose/consistency.h"

#include <set>
#include <vector>

#include "reconcilers/source/compose/order.h"

#include "reconcilers/source/compose/claims.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kDefault = "default";

// The value of a service, for a problem of it.
Value ServiceValue(const Value& root, std::string_view name) {
  for (const Value::Entry& section : root.Entries()) {
    if (section.key != "services") continue;
    for (const Value::Entry& service : section.value.Entries())
      if (service.key == name) return service.value;
  }
  return root;
}

// The keys that services use.
struct Uses {
  std::set<std::string_view> networks;
  std::set<std::string_view> volumes;
  std::set<std::string_view> secrets;
  std::set<std::string_view> configs;
};

Uses UsesOf(const Project& project) {
  Uses uses;
  for (const auto& [name, service] : project.services) {
    for (const auto& [network, attachment] : service.networks) uses.networks.insert(network);
    for (const ServiceVolume& volume : service.volumes)
      if (volume.type == MountType::Volume && !volume.source.empty()) uses.volumes.insert(volume.source);
    for (const FileGrant& grant : service.secrets) uses.secrets.insert(grant.source);
    for (const FileGrant& grant : service.configs) uses.configs.insert(grant.source);
  }
  return uses;
}

void KeepUsed(auto& resources, const std::set<std::string_view>& used) {
  std::erase_if(resources, [&](const auto& entry) { return !used.contains(entry.first); });
}

// `first` and `second` are keys of one section.
void CheckNamesDiffer(const auto& resources, std::string_view kind, const Value& root) {
  std::map<std::string_view, std::string_view> keys;
  for (const auto& [key, resource] : resources) {
    if (resource.external) continue;
    const auto [first, added] = keys.emplace(resource.name, key);
    if (!added && !root.Full())
      root.Fail(std::string(kind) + " " + Quoted(first->second) + " and " + Quoted(key) + " both have the name " +
                Quoted(resource.name));
  }
}

void CheckOrder(const Project& project, const Value& root) {
  const std::vector<std::string> cycle = OrderOf(project).cycle;
  if (cycle.empty()) return;
  std::string text;
  for (const std::string& name : cycle) text += name + " -> ";
  ServiceValue(root, cycle.front()).Fail("services depend on each other in a cycle: " + text + cycle.front());
}

}  // namespace

void Complete(Project& project, const Value& root) {
  if (project.services.empty()) root.Fail("no service is enabled; declare one below services, or enable its profile");
  const Uses uses = UsesOf(project);
  if (uses.networks.contains(kDefault))
    project.networks.try_emplace(std::string(kDefault), Network{.name = project.name + "_default"});
  KeepUsed(project.networks, uses.networks);
  KeepUsed(project.volumes, uses.volumes);
  KeepUsed(project.secrets, uses.secrets);
  KeepUsed(project.configs, uses.configs);
  CheckNamesDiffer(project.networks, "networks", root);
  CheckNamesDiffer(project.volumes, "volumes", root);
  CheckClaims(project, root);
  CheckOrder(project, root);
}

}  // namespace tinyforge::compose
