#include "reconcilers/workload/drift.h"

#include <algorithm>
#include <utility>

#include "reconcilers/core/field_digests.h"

namespace tinyforge {
namespace {

constexpr std::size_t kFieldsNamed = 5;

// "secret.shop/db-password" is no path of the manifest.
std::string ForPeople(std::string field) {
  for (std::string_view kind : {"secret", "file"})
    if (field.starts_with(std::string(kind) + ".")) field[kind.size()] = ' ';
  return field;
}

std::string TemplateCause(const ObservedContainer& container, const DesiredContainer& desired) {
  const auto fields = DifferingFields(container.Label(label::kFields), FieldDigests(desired.spec));
  if (fields.empty()) return "template differs";
  std::string cause;
  for (std::size_t i = 0; i < std::min(fields.size(), kFieldsNamed); ++i)
    cause += (i ? ", " : "") + ForPeople(fields[i]);
  if (fields.size() > kFieldsNamed) cause += " and " + std::to_string(fields.size() - kFieldsNamed) + " more";
  return cause + (fields.size() == 1 ? " differs" : " differ");
}

// The Engine ignores the removal of a limit without an error.
std::string RemovedLimit(const Limits& have, const Limits& want) {
  if (have.memory != 0 && want.memory == 0) return "limit memory was removed";
  if (have.nano_cpus != 0 && want.nano_cpus == 0) return "limit cpus was removed";
  return {};
}

}  // namespace

std::string ReplaceCause(const ObservedContainer& container, const DesiredContainer& desired) {
  if (container.Label(label::kTemplateHash) != desired.template_hash) return TemplateCause(container, desired);
  return EngineDisagrees(container, desired) ? std::string() : RemovedLimit(container.limits, desired.limits);
}

bool EngineDisagrees(const ObservedContainer& container, const DesiredContainer& desired) {
  const std::string removed = RemovedLimit(container.limits, desired.limits);
  return !removed.empty() && container.Label(label::kTemplateHash) == desired.template_hash &&
         container.Label(label::kCause) == removed;
}

bool LimitsDiffer(const ObservedContainer& container, const DesiredContainer& desired) {
  const Limits& have = container.limits;
  const Limits& want = desired.limits;
  return container.restart != want.restart || (want.memory != 0 && have.memory != want.memory) ||
         (want.nano_cpus != 0 && have.nano_cpus != want.nano_cpus);
}

std::string DropUnsupported(DesiredState& desired, ObservedState& observed, const HostSupport& host) {
  for (ObservedContainer& container : observed.containers) {
    if (!host.memory_limit) container.limits.memory = 0;
    if (!host.cpu_limit) container.limits.nano_cpus = 0;
  }
  std::string dropped;
  for (DesiredContainer& container : desired.containers) {
    if (!host.memory_limit && std::exchange(container.limits.memory, 0) != 0) dropped = "memory";
    if (!host.cpu_limit && std::exchange(container.limits.nano_cpus, 0) != 0)
      dropped = dropped.empty() ? "cpus" : "cpus and memory";
  }
  return dropped;
}

NetworkDrift CompareNetworks(const ObservedContainer& container, const std::vector<NetworkAttachment>& wanted) {
  NetworkDrift drift;
  for (const auto& entry : container.networks) {
    const std::string& network = entry.first;
    const bool known = std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) { return w.network == network; });
    if (!known) drift.disconnect.push_back(network);
  }
  for (const NetworkAttachment& want : wanted) {
    auto have = container.networks.find(want.network);
    const bool same = have != container.networks.end() && have->second.aliases == want.aliases &&
                      (!want.address || have->second.static_address == *want.address);
    if (same) continue;
    if (have != container.networks.end()) drift.disconnect.push_back(want.network);
    drift.connect.push_back(want);
  }
  return drift;
}

}  // namespace tinyforge
