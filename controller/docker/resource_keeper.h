// Networks and volumes that must exist before a container is created.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "controller/docker/engine_client.h"
#include "controller/docker/engine_event.h"
#include "controller/docker/network_json.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

struct ResourceKeeperOptions {
  std::string instance;
  Ipv4Subnet subnet;  // for a shared network that does not exist yet
  bool ipv6 = false;
  std::function<void(const Ipv4Subnet&)> on_shared_subnet;  // the one that the shared network has
};

// Thread-safe. What was found once costs no further call until an event says that it is gone. Making is done by one
// thread at a time, as the Engine makes two networks of one name when asked twice at once.
class ResourceKeeper {
 public:
  ResourceKeeper(EngineClient& client, ResourceKeeperOptions options);

  // A network of that name which is not external must carry our instance label; the shared one may be another
  // Tinyforge's on this host, and one that docker compose made counts as ours where its project was taken over. Else
  // Conflict. From what config one of ours was made is not asked. Waiting for an external one that does not exist.
  // Conflict too when the subnet is in use on the host.
  Expected<bool> EnsureNetwork(const DesiredNetwork& network);
  // Empty: it is not there, not ours, or as its config says.
  Expected<std::optional<OutdatedNetwork>> Outdated(const DesiredNetwork& network);
  // See ContainerWriter. What the Engine refuses is remembered until this process ends or it is asked for otherwise.
  Expected<bool> RemakeNetwork(const DesiredNetwork& network);
  // An existing volume is taken as it is, whoever made it, unless another driver or other options are asked for: then
  // Conflict. Waiting for an external one that does not exist.
  Expected<bool> EnsureVolume(const DesiredVolume& volume, std::string_view workload);

  // Only a network with our instance label that no container is on, stopped ones included; else nothing happens.
  Expected<bool> RemoveNetwork(const std::string& name);

  void OnEvent(const EngineEvent& event);  // a destroyed network or volume is forgotten
  void ForgetAll();                        // after a lost connection

 private:
  // By name: from what it was made; empty: that was not asked.
  using Known = std::map<std::string, std::string, std::less<>>;
  Expected<bool> FindOrMakeNetwork(const DesiredNetwork& network);
  Expected<bool> Accept(const DesiredNetwork& network, const ObservedNetwork& found);
  Expected<void> RemoveUnused(const std::string& network);
  Expected<bool> MakeOrBringBack(const DesiredNetwork& network, const ObservedNetwork& old);
  Expected<std::optional<ObservedNetwork>> Find(const std::string& name);
  Expected<std::vector<OutdatedNetwork::Member>> MembersOf(const std::string& network);
  Expected<void> MakeNetwork(const DesiredNetwork& network);
  std::string RefusalOf(const DesiredNetwork& network) const;
  Expected<bool> FindOrMakeVolume(const DesiredVolume& volume, std::string_view workload);
  Expected<void> MakeVolume(const DesiredVolume& volume, std::string_view workload);
  bool IsOurs(const ObservedNetwork& network) const;
  bool IsKnown(const Known& known, const std::string& name, const std::string& made) const;
  std::uint64_t Forgotten() const;
  void Learn(Known& known, const std::string& name, const std::string& made, std::uint64_t asked);

  EngineClient& client_;
  const ResourceKeeperOptions options_;
  std::mutex making_;         // held over calls
  mutable std::mutex mutex_;  // of the maps; never held over a call
  Known networks_;
  Known external_networks_;
  Known volumes_;
  struct Refusal {
    std::string hash;  // of the config
    std::string why;
  };
  std::map<std::string, Refusal> refused_;  // by name of the network
  std::uint64_t forgotten_ = 0;  // moves with every forgetting, so that what was asked before is not learnt after it
};

}  // namespace tinyforge::docker
