// Networks and volumes as the Engine takes and reports them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/object.h"
#include "controller/docker/ipv4_subnet.h"

namespace tinyforge::docker {

struct NetworkBody {
  std::string name;
  StringMap labels;
  std::optional<Ipv4Subnet>
      subnet;  // of the shared network: its upper half is the Engine's, its first address the gateway
  bool ipv6 = false;
};

std::string EncodeNetworkBody(const NetworkBody& network);
std::string EncodeVolumeBody(std::string_view name, const StringMap& labels);

struct ObservedNetwork {
  std::string name;
  StringMap labels;
  std::optional<Ipv4Subnet> subnet;  // the first IPv4 one
};

std::optional<ObservedNetwork> DecodeNetwork(std::string_view json);

}  // namespace tinyforge::docker
