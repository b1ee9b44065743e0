#include "controller/docker/image_reference.h"

namespace tinyforge::docker {
namespace {

constexpr std::string_view kDefaultRegistry = "docker.io";

}  // namespace

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
  auto first = text.substr(0, text.find('/'));
  bool is_host =
      first.size() != text.size() && (first == "localhost" || first.find_first_of(".:") != std::string_view::npos);
  reference.registry = is_host ? first : kDefaultRegistry;
  if (reference.registry == "index.docker.io") reference.registry = kDefaultRegistry;
  return reference;
}

std::string FamiliarReference(std::string_view text) {
  auto reference = ParseImageReference(text);
  std::string_view name = reference.name;
  for (std::string_view prefix : {"index.docker.io/", "docker.io/"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  if (name.starts_with("library/")) name.remove_prefix(8);
  bool digest = !reference.digest.empty();
  return std::string(name) + (digest ? "@" : ":") + reference.version();
}

}  // namespace tinyforge::docker
