#include "controller/docker/registry_auth.h"

#include <nlohmann/json.hpp>

#include "controller/logins/base64.h"
#include "reconcilers/core/image_name.h"

namespace tinyforge::docker {

std::string RegistryAuthHeader(const logins::RegistryLogin& login) {
  using Json = nlohmann::json;
  Json auth = {{"serveraddress", login.server}};
  if (login.identity_token.empty()) {
    auth["username"] = login.user;
    auth["password"] = login.password;
  } else {
    auth["identitytoken"] = login.identity_token;
  }
  std::string text = auth.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string header = "X-Registry-Auth: ";
  // base64url with padding (RFC 4648 section 5).
  for (char c : logins::EncodeBase64(text)) header += c == '+' ? '-' : c == '/' ? '_' : c;
  logins::Wipe(text);
  return header;
}

Expected<PullLogin> PullLogins::For(const ImageReference& image, const std::optional<SecretHandle>& pull_secret) const {
  auto found = logins_.For(SplitImageName(image.name), pull_secret);
  if (!found) return std::move(found).error();
  PullLogin login{.source = std::move(found->source), .lacking = std::move(found->lacking)};
  if (found->login) login.header = RegistryAuthHeader(*found->login);
  return login;
}

}  // namespace tinyforge::docker
