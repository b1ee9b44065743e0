// Networks and volumes as the Engine takes and reports them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/object.h"
#include "controller/docker/ipv4_subnet.h"
#include "reconcilers/core/desired_state.h"

namespace tinyforge::docker {

struct NetworkBody {
  std::string name;
  StringMap labels;
  std::optional<Ipv4Subnet>
      subnet;  // of the shared network: its upper half is the Engine's, its first address the gateway
  bool ipv6 = false;
  NetworkConfig config{};  // but for its labels and IPv6
};

std::string EncodeNetworkBody(const NetworkBody& network);
std::string EncodeVolumeBody(const DesiredVolume& volume, const StringMap& labels);

struct ObservedNetwork {
  std::string name;
  StringMap labels;
  std::optional<Ipv4Subnet> subnet;  // the first IPv4 one
  NetworkConfig config{};            // as it was made, but for its labels
};

// The first thing that is asked for and that the network has not ("driver", "ipam.subnet"); empty: it is as asked for.
// What the Engine fills in where nothing is asked for is not compared.
std::string MisfitOf(const NetworkConfig& wanted, const ObservedNetwork& found);

std::optional<ObservedNetwork> DecodeNetwork(std::string_view json);

struct ObservedVolume {
  std::string name;
  std::string driver;
  StringMap driver_opts;
};

std::optional<ObservedVolume> DecodeVolume(std::string_view json);

// The names in an answer to GET /containers/json, without slashes.
std::vector<std::string> DecodeContainerNames(std::string_view json);

}  // namespace tinyforge::docker
