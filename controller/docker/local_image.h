// An image of this host, as the Engine reports it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/docker/image_platform.h"

namespace tinyforge::docker {

struct LocalImage {
  std::string id;      // "sha256:…"
  std::string pinned;  // see ImagePresence
  ImagePlatform platform{};
};

// From the answer to an inspect of `reference`. Empty: it names no id.
std::optional<LocalImage> DecodeLocalImage(std::string_view inspected, const std::string& reference);

}  // namespace tinyforge::docker
