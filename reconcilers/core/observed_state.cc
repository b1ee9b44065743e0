#include "reconcilers/core/observed_state.h"

#include <algorithm>
#include <cctype>

namespace tinyforge {
namespace {

constexpr std::size_t kAnonymousNameLength = 64;

}  // namespace

bool IsAnonymousVolume(std::string_view name) {
  return name.size() == kAnonymousNameLength &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

std::string_view ToString(ContainerState state) {
  switch (state) {
    case ContainerState::Created: return "created";
    case ContainerState::Running: return "running";
    case ContainerState::Paused: return "paused";
    case ContainerState::Restarting: return "restarting";
    case ContainerState::Removing: return "removing";
    case ContainerState::Exited: return "exited";
    case ContainerState::Dead: return "dead";
    case ContainerState::Killed: return "killed";
  }
  return "unknown";
}

std::string_view ToString(ProbeState state) {
  switch (state) {
    case ProbeState::Unknown: return "Unknown";
    case ProbeState::Healthy: return "Healthy";
    case ProbeState::Unhealthy: return "Unhealthy";
    case ProbeState::Unreachable: return "Unreachable";
  }
  return "Unknown";
}

std::string_view ToString(ContainerHealth health) {
  switch (health) {
    case ContainerHealth::None: return "none";
    case ContainerHealth::Starting: return "starting";
    case ContainerHealth::Healthy: return "healthy";
    case ContainerHealth::Unhealthy: return "unhealthy";
  }
  return "unknown";
}

std::string_view ObservedContainer::Label(std::string_view key) const {
  auto found = labels.find(key);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

bool IsOfTemplate(const ObservedContainer& container, const DesiredContainer& desired) {
  return container.Label(label::kTemplateHash) == desired.template_hash &&
         container.Label(label::kRemake) >= desired.remake;
}

std::string_view ServiceOf(const ObservedContainer& container) {
  std::string_view role = container.Label(label::kRole);
  if (role.ends_with(kTrialSuffix)) role.remove_suffix(kTrialSuffix.size());
  return role;
}

bool IsForged(const ObservedContainer& c) {
  return c.Label(label::kManaged) != "true" || (!c.image_id.empty() && c.Label(label::kImage) != c.image_id);
}

}  // namespace tinyforge
