#include "reconcilers/source/compose/consistency.h"

#include <set>

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

// Walks from service to service along the dependencies, each once.
class CycleFinder {
 public:
  explicit CycleFinder(const Project& project) : project_(project) {}

  // "a -> b -> a", or empty.
  std::string Find() {
    for (const auto& [name, service] : project_.services)
      if (Visit(name)) return Trace();
    return "";
  }
  std::string_view First() const { return path_[begin_]; }

 private:
  // The services are at most as many as a tree may have nodes; a chain of them is followed without recursion.
  bool Visit(const std::string& start) {
    if (done_.contains(start)) return false;
    Push(start);
    while (!path_.empty()) {
      auto& next = next_.back();
      const auto& dependencies = project_.services.find(path_.back())->second.depends_on;
      if (next == dependencies.end()) {
        Pop();
        continue;
      }
      const std::string& name = (next++)->first;
      if (OnPath(name)) return true;
      if (!done_.contains(name)) Push(name);
    }
    return false;
  }

  void Push(std::string_view name) {
    path_.push_back(name);
    on_path_.insert(name);
    next_.push_back(project_.services.find(name)->second.depends_on.begin());
  }

  void Pop() {
    done_.insert(path_.back());
    on_path_.erase(path_.back());
    path_.pop_back();
    next_.pop_back();
  }

  bool OnPath(std::string_view name) {
    if (!on_path_.contains(name)) return false;
    while (path_[begin_] != name) ++begin_;
    return true;
  }

  std::string Trace() const {
    std::string text;
    for (std::size_t i = begin_; i < path_.size(); ++i) text += std::string(path_[i]) + " -> ";
    return text + std::string(path_[begin_]);
  }

  const Project& project_;
  std::vector<std::string_view> path_;
  std::vector<std::map<std::string, Dependency, std::less<>>::const_iterator> next_;
  std::set<std::string_view> on_path_;
  std::set<std::string_view> done_;
  std::size_t begin_ = 0;
};

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
  CycleFinder finder(project);
  if (const std::string cycle = finder.Find(); !cycle.empty())
    ServiceValue(root, finder.First()).Fail("services depend on each other in a cycle: " + cycle);
}

}  // namespace tinyforge::compose
