// Where the login for a registry comes from: a workload's Secret, else the host's own config.json.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "controller/logins/docker_config.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::logins {

// What a registry is to be asked with.
struct FoundLogin {
  std::optional<RegistryLogin> login;  // empty: anonymous
  std::string source;                  // for people: "Secret shop/login", the path of a config.json; empty: anonymous
  std::string lacking;                 // "Secret shop/login" when that was asked for and has nothing for the registry
};

// Read anew each time, so that logins may be rotated. Thread-safe.
class RegistryLogins {
 public:
  // `docker_config`: path of a config.json; empty or not there: none. `on_secret` gets every password before it is
  // used, so that it can be kept out of logs; from any thread, must be quick; may be empty.
  RegistryLogins(SecretReader& secrets, std::string docker_config, std::function<void(std::string_view)> on_secret);

  // From the Secret, else from docker_config. Waiting when the one asked is no config.json, or is gone.
  Expected<FoundLogin> For(const ImageName& image, const std::optional<SecretHandle>& secret) const;

 private:
  // Adds what the text of a config.json has for the image; wipes the text.
  Expected<void> Take(std::string& text, const std::string& source, const ImageName& image, FoundLogin& found) const;

  SecretReader& secrets_;
  const std::string docker_config_;
  const std::function<void(std::string_view)> on_secret_;
};

}  // namespace tinyforge::logins
