#include "reconcilers/core/source_images.h"

namespace tinyforge {

v1::ImageSource ParseImageReference(std::string_view reference) {
  v1::ImageSource image;
  if (const auto at = reference.find('@'); at != std::string_view::npos) {
    image.digest = std::string(reference.substr(at + 1));
    reference = reference.substr(0, at);
  }
  const auto colon = reference.rfind(':');
  const bool tagged = colon != std::string_view::npos && reference.find('/', colon) == std::string_view::npos;
  if (tagged) image.tag = std::string(reference.substr(colon + 1));
  image.repository = std::string(tagged ? reference.substr(0, colon) : reference);
  return image;
}

std::string WriteImageReference(const v1::ImageSource& image) {
  return image.repository + (image.tag ? ":" + *image.tag : "") + (image.digest ? "@" + *image.digest : "");
}

ServiceName ParseServiceName(std::string_view text) {
  const auto end = text.find('.');
  if (end == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
}

std::string NamesOf(const SourceImages& images) {
  std::string names;
  for (const auto& [service, image] : images) names += (names.empty() ? "" : ", ") + service;
  return names;
}

}  // namespace tinyforge
