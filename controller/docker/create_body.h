// The JSON body of a container create, built wholly from typed data: nothing of a manifest passes through unseen.
#pragma once

#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "controller/docker/api_version.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// Text that is overwritten before its memory is given back. It is allocated once at its full size, so that no copy
// stays behind from growing.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) { other.Clear(); }
  SecretText& operator=(SecretText&& other) noexcept;
  ~SecretText() { Clear(); }

  std::string& text() { return text_; }
  const std::string& text() const { return text_; }
  void Clear();

 private:
  std::string text_;
};

struct CreateBodyOptions {
  ApiVersion version;
  std::string default_host_ip = "127.0.0.1";  // of published ports that name none
};

// `request` in the words of the Engine:
// - mounts are HostConfig.Mounts, never Binds (which create a directory where a file is missing);
// - memory is always set together with memory+swap, equal, so that a limit means what it says;
// - below API 1.44 NetworkingConfig holds the first network only: connect the others (NetworksAfterCreate) before the
//   start;
// - a network mode service:<workload> is container:<its name>; host, none and service: exclude networks;
// - anonymous volumes in `reattach` are mounted by name, except where the spec mounts something at that target;
// - an entrypoint without a cmd clears the image's CMD: that is the Engine's rule.
//
// Secret values come from `secrets` and stand only in the returned text. Errors: those of Reveal, and Terminal for a
// value that an environment cannot hold (a NUL byte, no UTF-8); the message names Secret and key.
Expected<SecretText> EncodeCreateBody(const CreateRequest& request, const CreateBodyOptions& options,
                                      SecretReader& secrets);

// The key of a port in ExposedPorts and PortBindings: "80/tcp".
std::string PortKey(const PublishedPort& port);

// The networks that a create at this version leaves to be connected.
std::vector<NetworkAttachment> NetworksAfterCreate(const CreateRequest& request, ApiVersion version);

// The body of a connect: {"Container": …, "EndpointConfig": …}.
std::string EncodeConnectBody(std::string_view container, const NetworkAttachment& attachment);

std::string EncodeDisconnectBody(std::string_view container);

// The body of an update. A limit of zero is left out: the Engine would ignore it.
std::string EncodeUpdateBody(const Limits& limits);

std::string_view EngineRestartPolicy(v1::RestartPolicy policy);

}  // namespace tinyforge::docker
