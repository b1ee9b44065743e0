#include "controller/docker/image_reference.h"

#include "reconcilers/core/image_name.h"

namespace tinyforge::docker {

const std::string& ImageReference::version() const {
  static const std::string kLatest = "latest";
  if (!digest.empty()) return digest;
  return tag.empty() ? kLatest : tag;
}

ImageReference ParseImageReference(std::string_view text) {
  ImageReference reference;
  if (auto at = text.find('@'); at != std::string_view::npos) {
    reference.digest = text.substr(at + 1);
    text = text.substr(0, at);
  }
  auto colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos) {
    reference.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  reference.name = text;
  reference.registry = SplitImageName(text).host;
  return reference;
}

std::string FamiliarReference(std::string_view text) {
  auto reference = ParseImageReference(text);
  std::string_view name = reference.name;
  for (std::string_view prefix : {"index.docker.io/", "docker.io/"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  constexpr std::string_view kLibrary = "library/";
  if (name.starts_with(kLibrary) && name.rfind('/') == kLibrary.size() - 1) name.remove_prefix(kLibrary.size());
  bool digest = !reference.digest.empty();
  return std::string(name) + (digest ? "@" : ":") + reference.version();
}

}  // namespace tinyforge::docker
