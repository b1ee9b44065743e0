// Registry logins in Docker's own config.json ("auths" only: credential helpers are programs and are not run).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "reconcilers/core/image_name.h"

namespace tinyforge::logins {

// Overwrites what the text holds and empties it.
void Wipe(std::string& text);

// Who to be for a registry: a user with a password, or an identity token (OAuth 2.0 refresh token) in their place. Its
// secrets are overwritten when it goes.
struct RegistryLogin {
  std::string user;            // empty with an identity token
  std::string password;        // likewise
  std::string identity_token;  // empty: a user and a password
  std::string server;          // the key of auths that it was found under

  ~RegistryLogin();
  // The password or the identity token.
  const std::string& secret() const { return identity_token.empty() ? password : identity_token; }
};

// The login for an image in the text of a config.json; empty when it holds none for its registry. A key may go on after
// the registry with the beginning of the repository ("registry.example.com/team"): of several that fit, the longest
// counts. Invalid when the text is no such file; the message never quotes it.
Expected<std::optional<RegistryLogin>> FindLogin(std::string_view config_json, const ImageName& image);

}  // namespace tinyforge::logins
