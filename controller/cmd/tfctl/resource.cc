#include "controller/cmd/tfctl/resource.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace tinyforge::tfctl {
namespace {

constexpr std::array kResources{
    Resource{ResourceKind::Workload, "workload", "workloads", "wl", "/api/workloads", true},
    Resource{ResourceKind::Trigger, "trigger", "triggers", "trg", "/api/triggers", true},
    Resource{ResourceKind::Binding, "binding", "bindings", "bnd", "/api/bindings", true},
    Resource{ResourceKind::Secret, "secret", "secrets", "", "/api/secrets", true},
    Resource{ResourceKind::Container, "container", "containers", "ct", "/api/containers", false},
    Resource{ResourceKind::Rollout, "rollout", "rollouts", "ro", "/api/rollouts", false},
    Resource{ResourceKind::Delivery, "delivery", "deliveries", "dlv", "/api/deliveries", true},
    Resource{ResourceKind::Facts, "facts", "facts", "", "/api/facts", false},
    Resource{ResourceKind::Event, "event", "events", "ev", "/api/events", false},
    Resource{ResourceKind::Repository, "repository", "repositories", "repo", "/api/repository", false},
};

bool Same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

Error UnknownKind(std::string_view name) {
  std::string known;
  for (const auto& resource : kResources) {
    known.append(known.empty() ? "" : ", ").append(resource.plural);
    if (!resource.shorthand.empty()) known.append(" (").append(resource.shorthand).append(")");
  }
  return {ErrorKind::Invalid, "there is no kind \"" + std::string(name) + "\"; known are " + known + ", all"};
}

Expected<std::vector<Target>> ParseKinds(std::string_view list) {
  std::vector<Target> targets;
  if (list == "all") {
    for (const auto& resource : kResources) {
      if (resource.kind <= ResourceKind::Container)  // the rest is history and notes
        targets.push_back({&resource, {}});
    }
    return targets;
  }
  while (true) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const Resource* resource = FindResource(list.substr(0, comma));
    if (resource == nullptr) return UnknownKind(list.substr(0, comma));
    targets.push_back({resource, {}});
    if (comma == list.size()) return targets;
    list.remove_prefix(comma + 1);
  }
}

Expected<std::vector<Target>> ParseSlashed(const std::vector<std::string>& args) {
  std::vector<Target> targets;
  for (const auto& arg : args) {
    const std::size_t slash = arg.find('/');
    if (slash == std::string::npos || slash + 1 == arg.size()) {
      return Error{ErrorKind::Invalid, "expected KIND/NAME, got \"" + arg + "\""};
    }
    const Resource* resource = FindResource(std::string_view(arg).substr(0, slash));
    if (resource == nullptr) return UnknownKind(std::string_view(arg).substr(0, slash));
    const auto same = std::ranges::find(targets, resource, &Target::resource);
    auto& target = same != targets.end() ? *same : targets.emplace_back(Target{resource, {}});
    target.names.push_back(arg.substr(slash + 1));
  }
  return targets;
}

}  // namespace

std::span<const Resource> Resources() {
  return kResources;
}

const Resource& Find(ResourceKind kind) {
  return kResources[static_cast<std::size_t>(kind)];
}

const Resource* FindResource(std::string_view name) {
  const auto it = std::ranges::find_if(kResources, [name](const Resource& resource) {
    return Same(name, resource.name) || Same(name, resource.plural) ||
           (!name.empty() && Same(name, resource.shorthand));
  });
  return it == kResources.end() ? nullptr : &*it;
}

Expected<std::vector<Target>> ParseTargets(const std::vector<std::string>& args) {
  if (args.empty()) return UnknownKind("");
  if (args.front().find('/') != std::string::npos) return ParseSlashed(args);
  auto targets = ParseKinds(args.front());
  if (!targets) return targets;
  if (args.size() > 1 && targets->size() > 1) {
    return Error{ErrorKind::Invalid, "names can be given for one kind only; write KIND/NAME for several"};
  }
  targets->front().names.assign(args.begin() + 1, args.end());
  return targets;
}

}  // namespace tinyforge::tfctl
