#include "controller/docker/first_sight.h"

#include <algorithm>

#include "controller/docker/foreign_fields.h"

namespace tinyforge::docker {
namespace {

constexpr std::size_t kImagesKept = 64;

}  // namespace

const DesiredContainer* FirstSight::FindTemplate(const ObservedContainer& container, const DesiredRefs& desired) {
  const auto made_from = [&](const DesiredContainer& d) {
    return d.template_hash == container.Label(label::kTemplateHash) && d.role == container.Label(label::kRole) &&
           std::to_string(d.replica) == container.Label(label::kReplica);
  };
  for (const DesiredState* service : desired)
    if (const auto found = std::ranges::find_if(service->containers, made_from); found != service->containers.end())
      return &*found;
  return nullptr;
}

std::vector<std::string> FirstSight::Compare(const std::string& inspect, const std::string& image_id,
                                             const DesiredContainer& desired) {
  return AlteredFields(inspect, desired, DefaultsOf(image_id), secrets_);
}

std::vector<std::string> FirstSight::CompareForeign(const std::string& inspect, const std::string& image_id,
                                                    const DesiredContainer& desired) {
  return ForeignFields(inspect, desired, DefaultsOf(image_id), secrets_);
}

std::optional<ImageDefaults> FirstSight::DefaultsOf(const std::string& image_id) {
  if (!image_id.starts_with("sha256:")) return std::nullopt;
  {
    auto images = images_.Lock();
    if (auto known = images->find(image_id); known != images->end()) return known->second;
  }
  auto answer = client_.Call({.endpoint = Endpoint::ImageInspect, .object = image_id});
  if (!answer) return std::nullopt;
  auto defaults = DecodeImageDefaults(answer->body);
  if (!defaults) return std::nullopt;
  auto images = images_.Lock();
  if (images->size() >= kImagesKept) images->clear();
  images->insert_or_assign(image_id, *defaults);
  return defaults;
}

}  // namespace tinyforge::docker
