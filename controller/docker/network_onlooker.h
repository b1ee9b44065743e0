// What the networks of this host are made from, for whoever only looks.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "controller/docker/host_policy.h"
#include "controller/docker/resource_keeper.h"

namespace tinyforge::docker {

// Thread-safe. Keeps both arguments by reference.
class NetworkOnlooker : public NetworkReader {
 public:
  NetworkOnlooker(ResourceKeeper& resources, const PolicyChecker& policy) : resources_(resources), policy_(policy) {}

  Expected<std::vector<OutdatedNetwork>> Outdated(const std::vector<DesiredNetwork>& wanted,
                                                  std::string_view workload) override {
    std::vector<OutdatedNetwork> outdated;
    for (const DesiredNetwork& network : wanted) {
      auto found = resources_.Outdated(network);
      if (!found) return std::move(found).error();
      if (!*found) continue;
      if (auto allowed = policy_.CheckNetwork(workload, *network.config); !allowed)
        (*found)->refused = allowed.error().message;
      outdated.push_back(std::move(**found));
    }
    return outdated;
  }

 private:
  ResourceKeeper& resources_;
  const PolicyChecker& policy_;
};

}  // namespace tinyforge::docker
