// The images that the source of a workload names, whose versions something else may decide.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api-types/v1/object_set.h"

namespace tinyforge {

// By service; of a workload that is one image alone by "". Empty: the service is built, and no registry has its image.
using SourceImages = std::map<std::string, std::optional<v1::ImageSource>, std::less<>>;

// Of a reference as people write it: "registry:5000/shop:1.4.2@sha256:…", "shop".
v1::ImageSource ParseImageReference(std::string_view reference);
// The other way round.
std::string WriteImageReference(const v1::ImageSource& image);

// "shop" and "web" of "shop.web", which is how a service of a workload is named where one word is wanted.
struct ServiceName {
  std::string workload;
  std::string service;  // empty: the workload as a whole
  auto operator<=>(const ServiceName&) const = default;
};
ServiceName ParseServiceName(std::string_view text);

// "api, db, web"; for messages.
std::string NamesOf(const SourceImages& images);

}  // namespace tinyforge
