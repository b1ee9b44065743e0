#include "api-types/v1/workload.h"

namespace tinyforge::v1 {
namespace {

bool Exclusive(const Volume& volume) {
  return !volume.read_only && !volume.shared && volume.scope != VolumeScope::Ephemeral &&
         volume.scope != VolumeScope::Instance;
}

}  // namespace

std::string ExclusiveReason(const WorkloadSpec& spec) {
  for (const Port& port : spec.ports)
    if (port.host && *port.host != 0) return "host port " + std::to_string(*port.host);
  if (spec.network_mode && (*spec.network_mode == "host" || spec.network_mode->starts_with("service:")))
    return "network mode " + *spec.network_mode;
  for (const Network& network : spec.networks)
    if (network.address) return "static address " + *network.address;
  for (const Volume& volume : spec.volumes)
    if (Exclusive(volume)) return "read-write volume " + volume.source;
  return {};
}

RolloutStrategy EffectiveStrategy(const WorkloadSpec& spec) {
  if (spec.rollout.strategy) return *spec.rollout.strategy;
  return ExclusiveReason(spec).empty() ? RolloutStrategy::BlueGreen : RolloutStrategy::Recreate;
}

bool MayBeTried(const WorkloadSpec& spec) {
  if (spec.rollout.strategy || ExclusiveReason(spec).empty()) return false;
  if (spec.restart == RestartPolicy::Never || spec.privileged || !spec.devices.empty()) return false;
  for (const Volume& volume : spec.volumes)
    if (!volume.read_only && !volume.shared && volume.scope != VolumeScope::Ephemeral) return false;
  WorkloadSpec without_ports;
  without_ports.network_mode = spec.network_mode;
  without_ports.networks = spec.networks;
  return ExclusiveReason(without_ports).empty();
}

}  // namespace tinyforge::v1
