// Registry logins from Docker's own config.json ("auths" only: credential helpers are programs and are not run).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "controller/docker/image_reference.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// The login for an image in the text of a config.json; empty when it holds none for its registry. A key may go on after
// the registry with the beginning of the repository ("registry.example.com/team"): of several that fit, the longest
// counts. Invalid when the text is no such file; the message never quotes it.
struct RegistryLogin {
  std::string header;  // "X-Registry-Auth: …"
  std::string secret;  // the password or token in it
};
Expected<std::optional<RegistryLogin>> FindRegistryLogin(std::string_view config_json, const ImageReference& image);

// What a pull is made with.
struct PullLogin {
  std::optional<std::string> header;  // empty: anonymous
  std::string source;                 // for people: "Secret shop/login", the path of a config.json; empty: anonymous
  std::string lacking;                // "Secret shop/login" when that was asked for and has nothing for the registry
};

// Logins for pulls, read anew each time so that they may be rotated. Thread-safe.
class PullLogins {
 public:
  // `docker_config`: path of a config.json; empty or not there: none. `on_secret` gets every password before it is
  // used, so that it can be kept out of logs; from any thread, must be quick.
  PullLogins(SecretReader& secrets, std::string docker_config, std::function<void(std::string_view)> on_secret);

  // From the Secret, else from docker_config. Waiting when the one asked is no config.json, or is gone.
  Expected<PullLogin> For(const ImageReference& image, const std::optional<SecretHandle>& pull_secret) const;

 private:
  // Adds what the text of a config.json has for the image.
  Expected<void> Take(std::string& text, const std::string& source, const ImageReference& image,
                      PullLogin& login) const;

  SecretReader& secrets_;
  const std::string docker_config_;
  const std::function<void(std::string_view)> on_secret_;
};

}  // namespace tinyforge::docker
