// Gives addresses of the lower half of the shared network's subnet, in rotation, so that an address just freed comes
// back late and a stale cache of a neighbour does not reach a stranger.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"
#include "controller/docker/ipv4_subnet.h"

namespace tinyforge::docker {

// Not thread-safe.
class AddressPool {
 public:
  // `seed` moves the first address given, so that two controllers on one network seldom want the same.
  AddressPool(Ipv4Subnet subnet, std::uint64_t seed);

  // `count` addresses that are neither in `used` nor reserved. They stay reserved for two minutes: by then a container
  // carries the address, or nobody wanted it. Waiting when there are not as many.
  Expected<std::vector<std::string>> Take(std::size_t count, const std::set<Ipv4>& used, SteadyTime now);

  // The subnet that the network really has. Nothing changes when it is the same.
  void SetSubnet(Ipv4Subnet subnet);
  const Ipv4Subnet& subnet() const { return subnet_; }

 private:
  void Forget(SteadyTime now);

  Ipv4Subnet subnet_;
  Ipv4 next_;
  std::map<Ipv4, SteadyTime> reserved_;  // until
};

}  // namespace tinyforge::docker
