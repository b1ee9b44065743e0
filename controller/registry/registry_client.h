// ImageRegistry over the OCI distribution API (Docker Registry HTTP API v2).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controller/registry/endpoint.h"
#include "controller/registry/pace.h"
#include "controller/registry/platform.h"
#include "controller/runtime/clock.h"
#include "reconcilers/core/image_registry.h"

namespace tinyforge::registry {

struct RegistryClientOptions {
  std::string docker_config{};  // path of a config.json with the host's logins; empty: none
  EndpointOptions endpoints{};
  Duration connect_timeout = std::chrono::seconds(5);
  Duration call_timeout = std::chrono::seconds(30);
  PaceOptions pace{};
  Platform platform = HostPlatform();
  std::function<void(std::string_view value)> on_secret{};  // see RegistryLogins
};

// Speaks https, and plain http to loopback and where that is allowed (Endpoint). Logins are those that a pull has
// (RegistryLogins), read anew for every call and sent only when the registry asks for one, to the registry itself and
// to the token server that it names, if that is of the same domain or listed (MayTrust); tokens are kept until shortly
// before they end. An answer is at most 4 MiB. Of one registry, 600 requests a minute and 200 at once; after a failure
// it is left alone for 5 s, then ever longer up to 10 minutes, or as long as it asks up to an hour. Has no thread of
// its own.
class RegistryClient final : public ImageRegistry {
 public:
  // `secrets` and `clock` must outlive it.
  RegistryClient(SecretReader& secrets, const Clock& clock, RegistryClientOptions options);
  ~RegistryClient() override;
  RegistryClient(const RegistryClient&) = delete;
  RegistryClient& operator=(const RegistryClient&) = delete;

  Expected<std::vector<std::string>> Tags(const RegistryQuery& query, std::stop_token stop) override;
  Expected<std::string> Digest(const RegistryQuery& query, std::string_view tag_or_digest,
                               std::stop_token stop) override;
  Expected<SysTime> Created(const RegistryQuery& query, std::string_view digest, std::stop_token stop) override;
  Duration Pause(std::string_view repository) override;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace tinyforge::registry
