// Networks and volumes that must exist before a container is created.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

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
  // Tinyforge's on this host. Else Conflict. NotFound for an external one that does not exist. Conflict too when the
  // subnet is in use on the host.
  Expected<bool> EnsureNetwork(const DesiredNetwork& network);
  // An existing volume is taken as it is, whoever made it.
  Expected<bool> EnsureVolume(std::string_view name, std::string_view workload);

  // Only a network with our instance label that no container is on, stopped ones included; else nothing happens.
  Expected<bool> RemoveNetwork(const std::string& name);

  void OnEvent(const EngineEvent& event);  // a destroyed network or volume is forgotten
  void ForgetAll();                        // after a lost connection

 private:
  using Names = std::set<std::string, std::less<>>;
  Expected<bool> FindOrMakeNetwork(const DesiredNetwork& network);
  Expected<bool> Accept(const DesiredNetwork& network, const ObservedNetwork& found) const;
  Expected<std::optional<ObservedNetwork>> Find(const std::string& name);
  Expected<void> MakeNetwork(const DesiredNetwork& network);
  bool IsOurs(const ObservedNetwork& network) const;
  bool Known(const Names& names, std::string_view name) const;
  void Learn(Names& names, std::string_view name, std::uint64_t asked);

  EngineClient& client_;
  const ResourceKeeperOptions options_;
  std::mutex making_;         // held over calls
  mutable std::mutex mutex_;  // of the sets; never held over a call
  Names networks_;
  Names external_networks_;
  Names volumes_;
  std::uint64_t forgotten_ = 0;  // moves with every forgetting, so that what was asked before is not learnt after it
};

}  // namespace tinyforge::docker
