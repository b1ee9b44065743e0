// Networks and volumes as the Engine takes and reports them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/object.h"
#include "controller/docker/ipv4_subnet.h"
#include "reconcilers/core/ports.h"

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
  std::string body{};                // what makes it once more as it is
};

// Whether the network, which others made, has all that is asked for. What the Engine fills in where nothing is asked
// for is not compared, and neither are labels.
bool Fits(const NetworkConfig& wanted, const ObservedNetwork& found);

std::optional<ObservedNetwork> DecodeNetwork(std::string_view json);

struct ObservedVolume {
  std::string name;
  std::string driver;
  StringMap driver_opts;
};

std::optional<ObservedVolume> DecodeVolume(std::string_view json);

// Those of an answer to GET /containers/json, names without slashes.
std::vector<OutdatedNetwork::Member> DecodeMembers(std::string_view json);

}  // namespace tinyforge::docker
