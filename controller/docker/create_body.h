// The JSON body of a container create, built wholly from typed data: nothing of a manifest passes through unseen.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "controller/docker/api_version.h"
#include "controller/docker/secret_text.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

struct CreateBodyOptions {
  ApiVersion version;
  std::string default_host_ip = "127.0.0.1";  // of published ports that name none
  // Of a workload of many: the container of each service that "service:<name>" names.
  std::map<std::string, std::string, std::less<>> services{};
};

// `request` in the words of the Engine:
// - mounts are HostConfig.Mounts, as Binds create a directory where a file is missing, but for what Mounts have no word
//   for: what is relabelled is in HostConfig.Binds, a tmpfs with an owner or with programs in HostConfig.Tmpfs;
// - memory is always set together with memory+swap, equal unless the request says more, so that a limit means what it
//   says;
// - below API 1.44 NetworkingConfig holds the first network only: connect the others (NetworksAfterCreate) before the
//   start;
// - a mode service:<name> is container:<that service's container>, or where options.services has it not,
//   container:<name>; network modes host, none and service: exclude networks;
// - below API 1.44 the MAC address on the first network is that of the container as a whole;
// - anonymous volumes in `reattach` are mounted by name, except where the spec mounts something else at
//   that target;
// - an entrypoint without a cmd clears the image's CMD: that is the Engine's rule.
//
// Secret values come from `secrets` and stand only in the returned text. Errors: those of Reveal and of CheckVersion,
// and Terminal for a value that an environment cannot hold (a NUL byte, no UTF-8); the message names Secret and key.
Expected<SecretText> EncodeCreateBody(const CreateRequest& request, const CreateBodyOptions& options,
                                      SecretReader& secrets);

// What is said of a tmpfs as mount(8) takes it: "ro,exec,size=64,mode=700,uid=7"; empty: nothing is.
std::string TmpfsOptions(const Mount& mount);

// The key of a port in ExposedPorts and PortBindings: "80/tcp".
std::string PortKey(const PublishedPort& port);

// The networks that a create at this version leaves to be connected.
std::vector<NetworkAttachment> NetworksAfterCreate(const CreateRequest& request, ApiVersion version);

// The body of a connect: {"Container": …, "EndpointConfig": …}.
std::string EncodeConnectBody(std::string_view container, const NetworkAttachment& attachment);

std::string EncodeDisconnectBody(std::string_view container);

// The body of an update. A limit of zero is left out: the Engine would ignore it.
std::string EncodeUpdateBody(const Limits& limits);

// In the words of the Engine: "always", "unless-stopped", "on-failure", "no".
std::string_view EngineRestartPolicy(const Limits& limits);

}  // namespace tinyforge::docker
