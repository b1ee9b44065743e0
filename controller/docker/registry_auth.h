// Registry credentials from Docker's own config.json ("auths" only: credential helpers are programs and are not run).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"

namespace tinyforge::docker {

// "X-Registry-Auth: …" for pulls from that registry, from the text of a config.json; empty when it holds nothing for
// it. Invalid when the text is no such file. The message never quotes it.
Expected<std::optional<std::string>> RegistryAuthHeader(std::string_view config_json, std::string_view registry);

// The same from a file, which is read anew each time so that it may be rotated. A missing file or an empty path: no
// credentials.
Expected<std::optional<std::string>> RegistryAuthHeaderFromFile(const std::string& path, std::string_view registry);

}  // namespace tinyforge::docker
