#include "controller/docker/version_needs.h"

#include <algorithm>

namespace tinyforge::docker {
namespace {

constexpr ApiVersion kAnnotations{1, 43};
constexpr ApiVersion kStartInterval{1, 44};
constexpr ApiVersion kEndpointMac{1, 44};
constexpr ApiVersion kSubpath{1, 45};
constexpr ApiVersion kGatewayPriority{1, 48};

Expected<void> Need(bool asked, std::string_view what, ApiVersion needed, ApiVersion version) {
  if (!asked || version >= needed) return {};
  return Error{ErrorKind::Terminal, std::string(what) + ": needs API " + ToString(needed) +
                                        " of the Docker Engine, and " + ToString(version) + " is spoken with this one"};
}

bool HasSubpath(const Mount& mount) {
  return !mount.subpath.empty();
}

}  // namespace

Expected<void> CheckVersion(const NetworkAttachment& attachment, ApiVersion version) {
  const std::string network = "network " + attachment.network;
  if (auto met = Need(!attachment.mac_address.empty(), network + ": a MAC address of its own", kEndpointMac, version);
      !met)
    return met;
  return Need(attachment.gw_priority != 0, network + ": gateway priority", kGatewayPriority, version);
}

Expected<void> CheckVersion(const CreateRequest& request, ApiVersion version) {
  const ContainerTemplate& spec = request.spec;
  if (auto met = Need(!spec.annotations.empty(), "annotations", kAnnotations, version); !met) return met;
  const bool start_interval = spec.healthcheck && spec.healthcheck->start_interval.count() != 0;
  if (auto met = Need(start_interval, "healthcheck start interval", kStartInterval, version); !met) return met;
  if (auto met = Need(std::ranges::any_of(spec.mounts, HasSubpath), "volume subpath", kSubpath, version); !met)
    return met;
  for (NetworkAttachment attachment : request.networks) {
    // The MAC address of the container as a whole is that on its first network, which all versions know.
    if (attachment.network == request.networks.front().network && attachment.mac_address == spec.mac_address)
      attachment.mac_address.clear();
    if (auto met = CheckVersion(attachment, version); !met) return met;
  }
  return {};
}

}  // namespace tinyforge::docker
