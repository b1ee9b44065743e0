#include "controller/docker/local_image.h"

#include <nlohmann/json.hpp>

#include "controller/docker/image_reference.h"
#include "controller/docker/json_members.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

// The reference by digest under which this repository's registry has the image that was inspected; empty: the image has
// none of that repository, or it is asked for by digest or id already.
std::string PinnedReference(const Json& inspected, const std::string& reference) {
  const ImageReference asked = ParseImageReference(reference);
  if (!asked.digest.empty() || reference.starts_with("sha256:")) return {};
  const Json& digests = At(inspected, "RepoDigests");
  for (const Json& item : digests.is_array() ? digests : Json::array()) {
    if (!item.is_string()) continue;
    const ImageReference known = ParseImageReference(item.get<std::string>());
    if (FamiliarReference(known.name + ":x") == FamiliarReference(asked.name + ":x")) return item.get<std::string>();
  }
  return {};
}

}  // namespace

std::optional<LocalImage> DecodeLocalImage(std::string_view inspected, const std::string& reference) {
  const auto json = Json::parse(inspected, nullptr, false);
  LocalImage image{.id = Text(At(json, "Id")), .pinned = {}};
  if (image.id.empty()) return std::nullopt;
  image.pinned = PinnedReference(json, reference);
  image.platform =
      ParseImagePlatform(Text(At(json, "Os")) + "/" + Text(At(json, "Architecture")) + "/" + Text(At(json, "Variant")));
  return image;
}

}  // namespace tinyforge::docker
