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
  // Tinyforge's on this host, and one that is to be adopted that of docker compose's project, made as the config says.
  // Else Conflict. One of ours that was made from another config is removed and made anew
  // unless containers are on it, stopped ones included: then Conflict, with their names. Waiting for an external one
  // that does not exist. Conflict too when the subnet is in use on the host.
  Expected<bool> EnsureNetwork(const DesiredNetwork& network);
  // An existing volume is taken as it is, whoever made it, unless another driver or other options are asked for: then
  // Conflict. Waiting for an external one that does not exist.
  Expected<bool> EnsureVolume(const DesiredVolume& volume, std::string_view workload);

  // Only a network with our instance label that no container is on, stopped ones included; else nothing happens.
  Expected<bool> RemoveNetwork(const std::string& name);

  void OnEvent(const EngineEvent& event);  // a destroyed network or volume is forgotten
  void ForgetAll();                        // after a lost connection

 private:
  // By name: from what it was made, as far as that is known and asked for.
  using Known = std::map<std::string, std::string, std::less<>>;
  Expected<bool> FindOrMakeNetwork(const DesiredNetwork& network);
  Expected<bool> Accept(const DesiredNetwork& network, const ObservedNetwork& found);
  Expected<bool> MakeAnew(const DesiredNetwork& network);
  Expected<std::optional<ObservedNetwork>> Find(const std::string& name);
  Expected<std::vector<std::string>> ContainersOn(const std::string& network);
  Expected<void> MakeNetwork(const DesiredNetwork& network);
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
  std::uint64_t forgotten_ = 0;  // moves with every forgetting, so that what was asked before is not learnt after it
};

}  // namespace tinyforge::docker
