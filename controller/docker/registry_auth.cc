#include "controller/docker/registry_auth.h"

#include <string.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "controller/docker/base64.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

std::string Text(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// "https://index.docker.io/v1/" and the like to the host alone.
std::string HostOf(std::string_view key) {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  std::string host(key.substr(0, key.find('/')));
  return host == "index.docker.io" || host == "registry-1.docker.io" ? "docker.io" : host;
}

Expected<std::optional<std::string>> HeaderOf(const Json& entry, const std::string& server) {
  Json auth = {{"serveraddress", server}};
  if (auto token = Text(entry, "identitytoken"); !token.empty()) {
    auth["identitytoken"] = token;
  } else {
    auto pair = Text(entry, "auth").empty() ? Text(entry, "username") + ":" + Text(entry, "password")
                                            : DecodeBase64(Text(entry, "auth")).value_or("");
    auto colon = pair.find(':');
    if (colon == std::string::npos || colon == 0) {
      return Error{ErrorKind::Invalid, "Docker's config.json: auths of " + server + " hold no user and password"};
    }
    auth["username"] = pair.substr(0, colon);
    auth["password"] = pair.substr(colon + 1);
  }
  return std::optional("X-Registry-Auth: " +
                       EncodeBase64Url(auth.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

}  // namespace

Expected<std::optional<std::string>> RegistryAuthHeader(std::string_view config_json, std::string_view registry) {
  auto json = Json::parse(config_json, nullptr, false);
  if (!json.is_object()) return Error{ErrorKind::Invalid, "Docker's config.json is no JSON object"};
  auto auths = json.find("auths");
  if (auths == json.end() || !auths->is_object()) return std::optional<std::string>();
  for (const auto& [key, entry] : auths->items()) {
    if (HostOf(key) == HostOf(registry) && entry.is_object()) return HeaderOf(entry, key);
  }
  return std::optional<std::string>();
}

Expected<std::optional<std::string>> RegistryAuthHeaderFromFile(const std::string& path, std::string_view registry) {
  std::ifstream file(path, std::ios::binary);
  if (path.empty() || !file) return std::optional<std::string>();
  std::string text(kMaxConfigBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  auto header = RegistryAuthHeader(text, registry);
  explicit_bzero(text.data(), text.size());
  if (!header) return std::move(header).error().Within(path);
  return header;
}

}  // namespace tinyforge::docker
