// Quay: repository push; docs.projectquay.io/use_quay.html, "Repository notifications". Its other notifications name
// the same image, without updated_tags.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/image_push.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

// "quay.example.com:8443/team/shop", sometimes with a scheme.
ImageParts PartsOf(std::string url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string::npos) url.erase(0, scheme + 3);
  const std::string host = HostOf(url);
  if (host.empty()) return {};
  return {.host = host, .path = url.substr(host.size() + 1)};
}

}  // namespace

void ReadQuay(const Field& body, WebhookDelivery& delivery) {
  const Field url = body.At("docker_url");
  const Field updated = body.At("updated_tags");
  ImageParts parts = PartsOf(url.Text());
  if (!updated.Present()) return Ignore(delivery, "no push of an image");
  delivery.event = "repo_push";
  // A mapping of tags to image ids in old versions.
  std::vector<std::string> tags = updated.Keys();
  if (tags.empty()) tags = updated.Texts();
  if (tags.size() > kMostEvents) return updated.Refuse("at most " + std::to_string(kMostEvents) + " tags");
  for (std::string& tag : tags) {
    parts.tag = std::move(tag);
    delivery.events.push_back(ReadImage(parts, url, updated));
  }
  if (tags.empty()) Ignore(delivery, "a push of no tags");
}

}  // namespace tinyforge::inbound
