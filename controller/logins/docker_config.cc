#include "controller/logins/docker_config.h"

#include <string.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/logins/base64.h"

namespace tinyforge::logins {
namespace {

using Json = nlohmann::json;

std::string Text(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Overwrites every text of a document that may hold secrets. The parser bounds no depth: this takes two levels, which
// is where logins are.
void WipeTexts(Json& json, int levels) {
  if (json.is_string()) Wipe(json.get_ref<std::string&>());
  if (levels == 0 || !json.is_object()) return;
  for (auto& item : json.items()) WipeTexts(item.value(), levels - 1);
}

// A key of auths in parts: "https://index.docker.io/v1/" -> "docker.io", "".
ImageName PlaceOf(std::string_view key) {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  while (key.ends_with('/')) key.remove_suffix(1);
  const auto slash = key.find('/');
  ImageName place{std::string(key.substr(0, slash)),
                  slash == std::string_view::npos ? "" : std::string(key.substr(slash + 1))};
  for (char& c : place.host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (place.host == "index.docker.io" || place.host == "registry-1.docker.io") place.host = "docker.io";
  if (place.path == "v1" || place.path == "v2") place.path.clear();  // of the API, not of a repository
  return place;
}

// How well a key of auths fits; empty: not at all.
std::optional<std::size_t> Fit(const std::string& key, const ImageName& image) {
  const ImageName place = PlaceOf(key);
  if (place.host != image.host) return std::nullopt;
  const bool below = image.path == place.path || image.path.starts_with(place.path + "/");
  return place.path.empty() || below ? std::optional(place.path.size()) : std::nullopt;
}

Expected<std::optional<RegistryLogin>> LoginOf(const Json& entry, const std::string& server) {
  RegistryLogin login{.identity_token = Text(entry, "identitytoken"), .server = server};
  if (!login.identity_token.empty()) return std::optional(login);
  std::string pair = Text(entry, "auth").empty() ? Text(entry, "username") + ":" + Text(entry, "password")
                                                 : DecodeBase64(Text(entry, "auth")).value_or("");
  if (pair == ":") return std::optional<RegistryLogin>();  // a credential store's mark; the password is elsewhere
  const auto colon = pair.find(':');
  if (colon != std::string::npos && colon != 0) {
    login.user = pair.substr(0, colon);
    login.password = pair.substr(colon + 1);
  }
  Wipe(pair);
  if (login.user.empty()) return Error{ErrorKind::Invalid, "auths of " + server + " hold no user and password"};
  return std::optional(login);
}

Expected<std::optional<RegistryLogin>> FindIn(const Json& auths, const ImageName& image) {
  const Json* best = nullptr;
  std::string server;
  std::size_t longest = 0;
  for (const auto& [key, entry] : auths.items()) {
    const auto fit = Fit(key, image);
    if (!fit || !entry.is_object() || (best && *fit <= longest)) continue;
    best = &entry;
    server = key;
    longest = *fit;
  }
  return best ? LoginOf(*best, server) : std::optional<RegistryLogin>();
}

}  // namespace

void Wipe(std::string& text) {
  explicit_bzero(text.data(), text.size());
  text.clear();
}

RegistryLogin::~RegistryLogin() {
  Wipe(password);
  Wipe(identity_token);
}

Expected<std::optional<RegistryLogin>> FindLogin(std::string_view config_json, const ImageName& image) {
  auto json = Json::parse(config_json, nullptr, false);
  if (!json.is_object()) return Error{ErrorKind::Invalid, "it is no Docker config.json: no JSON object"};
  auto auths = json.find("auths");
  if (auths == json.end() || !auths->is_object()) return std::optional<RegistryLogin>();
  auto found = FindIn(*auths, image);
  WipeTexts(*auths, 2);
  return found;
}

}  // namespace tinyforge::logins
