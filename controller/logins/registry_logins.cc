#include "controller/logins/registry_logins.h"

#include <fstream>
#include <utility>

namespace tinyforge::logins {
namespace {

constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

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

RegistryLogins::RegistryLogins(SecretReader& secrets, std::string docker_config,
                               std::function<void(std::string_view)> on_secret)
    : secrets_(secrets), docker_config_(std::move(docker_config)), on_secret_(std::move(on_secret)) {}

Expected<FoundLogin> RegistryLogins::For(const ImageName& image, const std::optional<SecretHandle>& secret) const {
  FoundLogin found;
  if (secret) {
    const std::string source = "Secret " + secret->ref.name + "/" + secret->ref.key;
    auto text = secrets_.Reveal(*secret);
    if (!text) return std::move(text).error();
    if (auto taken = Take(*text, source, image, found); !taken) return std::move(taken).error();
    if (found.login) return found;
    found.lacking = source;
  }
  std::string text = ReadConfig(docker_config_);
  if (text.empty()) return found;
  if (auto taken = Take(text, docker_config_, image, found); !taken) return std::move(taken).error();
  return found;
}

Expected<void> RegistryLogins::Take(std::string& text, const std::string& source, const ImageName& image,
                                    FoundLogin& found) const {
  auto login = FindLogin(text, image);
  Wipe(text);
  if (!login) return Error{ErrorKind::Waiting, source + ": " + login.error().message};
  if (!*login) return {};
  if (on_secret_) on_secret_((*login)->secret());
  found.login = std::move(*login);
  found.source = source;
  return {};
}

}  // namespace tinyforge::logins
