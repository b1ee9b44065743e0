// Registry logins as the Engine wants them with a pull.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "controller/docker/image_reference.h"
#include "controller/logins/registry_logins.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// "X-Registry-Auth: …" (Engine API, section Authentication).
std::string RegistryAuthHeader(const logins::RegistryLogin& login);

// What a pull is made with.
struct PullLogin {
  std::optional<std::string> header;  // empty: anonymous
  std::string source;                 // for people: "Secret shop/login", the path of a config.json; empty: anonymous
  std::string lacking;                // "Secret shop/login" when that was asked for and has nothing for the registry
};

// Logins for pulls, read anew each time so that they may be rotated. Thread-safe.
class PullLogins {
 public:
  // As RegistryLogins takes them.
  PullLogins(SecretReader& secrets, std::string docker_config, std::function<void(std::string_view)> on_secret)
      : logins_(secrets, std::move(docker_config), std::move(on_secret)) {}

  // As RegistryLogins::For finds it.
  Expected<PullLogin> For(const ImageReference& image, const std::optional<SecretHandle>& pull_secret) const;

 private:
  const logins::RegistryLogins logins_;
};

}  // namespace tinyforge::docker
