// Sonatype Nexus Repository: rm:repository:component, rm:repository:asset;
// help.sonatype.com/en/example-headers-and-payloads.html. It does not say at which host or port a repository is served.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/image_push.h"
#include "reconcilers/inbound/label.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

// The asset of an image is its manifest: "v2/acme/shop/manifests/1.0", in newer releases with a slash before it.
void ReadAsset(const Field& asset, WebhookDelivery& delivery) {
  constexpr std::string_view kApi = "v2/";
  constexpr std::string_view kManifests = "/manifests/";
  std::string name = asset.At("name").Text();
  if (name.starts_with('/')) name.erase(0, 1);
  const std::size_t at = name.rfind(kManifests);
  if (!name.starts_with(kApi) || at == std::string::npos || at < kApi.size())
    return Ignore(delivery, "a file that is no image's manifest");
  const ImageParts parts{.path = name.substr(kApi.size(), at - kApi.size()),
                         .tag = name.substr(at + kManifests.size())};
  delivery.events.push_back(ReadImage(parts, asset.At("name"), asset.At("name")));
}

void ReadComponent(const Field& component, WebhookDelivery& delivery) {
  const ImageParts parts{.path = component.At("name").Text(), .tag = component.At("version").Text()};
  delivery.events.push_back(ReadImage(parts, component.At("name"), component.At("version")));
}

}  // namespace

void ReadNexus(const Field& body, WebhookDelivery& delivery) {
  const Field component = body.At("component");
  const Field asset = body.At("asset");
  const std::string event = ToLower(delivery.event);
  if (!event.empty() && event != "rm:repository:component" && event != "rm:repository:asset")
    return Ignore(delivery, "neither a component nor an asset");
  const bool whole = event.empty() ? component.Present() : event == "rm:repository:component";
  const std::string action = ToLower(body.At("action").Text());
  if (action != "created" && action != "updated") return Ignore(delivery, "no publication");
  const Field& subject = whole ? component : asset;
  if (subject.At("format").Text() != "docker") return Ignore(delivery, "a package that is no container image");
  if (whole) return ReadComponent(subject, delivery);
  ReadAsset(subject, delivery);
}

}  // namespace tinyforge::inbound
