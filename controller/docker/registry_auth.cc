#include "controller/docker/registry_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

// base64url with padding (RFC 4648 section 5), as the Engine wants the header.
std::string Base64Url(std::string_view text) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                               reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(length));
  for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return encoded;
}

std::optional<std::string> FromBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string decoded(3 * text.size() / 4, '\0');
  int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                               reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  auto padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  decoded.resize(static_cast<std::size_t>(length - padding));
  return decoded;
}

std::string Text(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A key of auths, or the registry of an image, in parts: "https://index.docker.io/v1/" -> "docker.io", "".
struct Place {
  std::string host;
  std::string path;
};

Place PlaceOf(std::string_view key) {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  while (key.ends_with('/')) key.remove_suffix(1);
  const auto slash = key.find('/');
  Place place{std::string(key.substr(0, slash)),
              slash == std::string_view::npos ? "" : std::string(key.substr(slash + 1))};
  if (place.host == "index.docker.io" || place.host == "registry-1.docker.io") place.host = "docker.io";
  if (place.path == "v1" || place.path == "v2") place.path.clear();  // of the API, not of a repository
  return place;
}

// How well a key of auths fits; empty: not at all.
std::optional<std::size_t> Fit(const std::string& key, const ImageReference& image) {
  const Place place = PlaceOf(key);
  if (place.host != PlaceOf(image.registry).host) return std::nullopt;
  std::string_view repository = image.name;
  if (repository.starts_with(image.registry + "/")) repository.remove_prefix(image.registry.size() + 1);
  const bool below = repository == place.path || repository.starts_with(place.path + "/");
  return place.path.empty() || below ? std::optional(place.path.size()) : std::nullopt;
}

Expected<std::optional<RegistryLogin>> LoginOf(const Json& entry, const std::string& server) {
  Json auth = {{"serveraddress", server}};
  std::string secret = Text(entry, "identitytoken");
  if (!secret.empty()) {
    auth["identitytoken"] = secret;
  } else {
    auto pair = Text(entry, "auth").empty() ? Text(entry, "username") + ":" + Text(entry, "password")
                                            : FromBase64(Text(entry, "auth")).value_or("");
    auto colon = pair.find(':');
    if (pair == ":") return std::optional<RegistryLogin>();  // a credential store's mark; the password is elsewhere
    if (colon == std::string::npos || colon == 0)
      return Error{ErrorKind::Invalid, "auths of " + server + " hold no user and password"};
    secret = pair.substr(colon + 1);
    auth["username"] = pair.substr(0, colon);
    auth["password"] = secret;
  }
  auto header = "X-Registry-Auth: " + Base64Url(auth.dump(-1, ' ', false, Json::error_handler_t::replace));
  return std::optional(RegistryLogin{std::move(header), std::move(secret)});
}

// The whole file, at most kMaxConfigBytes; empty when it cannot be read.
std::string ReadConfig(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (path.empty() || !file) return {};
  std::string text(kMaxConfigBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

Expected<std::optional<RegistryLogin>> FindRegistryLogin(std::string_view config_json, const ImageReference& image) {
  auto json = Json::parse(config_json, nullptr, false);
  if (!json.is_object()) return Error{ErrorKind::Invalid, "it is no Docker config.json: no JSON object"};
  auto auths = json.find("auths");
  if (auths == json.end() || !auths->is_object()) return std::optional<RegistryLogin>();
  const Json* best = nullptr;
  std::string server;
  std::size_t longest = 0;
  for (const auto& [key, entry] : auths->items()) {
    const auto fit = Fit(key, image);
    if (!fit || !entry.is_object() || (best && *fit <= longest)) continue;
    best = &entry;
    server = key;
    longest = *fit;
  }
  return best ? LoginOf(*best, server) : std::optional<RegistryLogin>();
}

PullLogins::PullLogins(SecretReader& secrets, std::string docker_config,
                       std::function<void(std::string_view)> on_secret)
    : secrets_(secrets), docker_config_(std::move(docker_config)), on_secret_(std::move(on_secret)) {}

Expected<PullLogin> PullLogins::For(const ImageReference& image, const std::optional<SecretHandle>& pull_secret) const {
  PullLogin login;
  if (pull_secret) {
    const std::string source = "Secret " + pull_secret->ref.name + "/" + pull_secret->ref.key;
    auto text = secrets_.Reveal(*pull_secret);
    if (!text) return std::move(text).error();
    if (auto taken = Take(*text, source, image, login); !taken) return std::move(taken).error();
    if (login.header) return login;
    login.lacking = source;
  }
  std::string text = ReadConfig(docker_config_);
  if (text.empty()) return login;
  if (auto taken = Take(text, docker_config_, image, login); !taken) return std::move(taken).error();
  return login;
}

Expected<void> PullLogins::Take(std::string& text, const std::string& source, const ImageReference& image,
                                PullLogin& login) const {
  auto found = FindRegistryLogin(text, image);
  OPENSSL_cleanse(text.data(), text.size());
  if (!found) return Error{ErrorKind::Waiting, source + ": " + found.error().message};
  if (!*found) return {};
  if (on_secret_) on_secret_((*found)->secret);
  OPENSSL_cleanse((*found)->secret.data(), (*found)->secret.size());
  login.header = std::move((*found)->header);
  login.source = source;
  return {};
}

}  // namespace tinyforge::docker
