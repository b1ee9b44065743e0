// The Docker registry (distribution) and what speaks like it, GitLab's container registry among them;
// distribution.github.io/distribution/about/notifications. It sends an answer other than 2xx or 3xx again and again,
// and nothing else meanwhile: what is of no concern must be no error.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/image_push.h"
#include "reconcilers/inbound/label.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

// One push of an image tells of each of its layers too. Only manifests have tags.
bool IsManifest(std::string_view media_type, std::string_view tag) {
  return !tag.empty() || media_type.find(".manifest.") != std::string_view::npos ||
         media_type.find(".image.index.") != std::string_view::npos;
}

}  // namespace

void ReadRegistryEvent(const Field& event, WebhookDelivery& delivery) {
  if (event.At("action").Text() != "push") return Ignore(delivery, "no push of an image");
  const Field target = event.At("target");
  const Field tag = target.At("tag");
  ImageParts parts{
      .path = target.At("repository").Text(), .tag = tag.OptionalText(), .digest = target.At("digest").OptionalText()};
  if (!IsManifest(target.At("mediaType").OptionalText(), parts.tag))
    return Ignore(delivery, "a part of an image, not its manifest");
  // By the name the client used; `source` is the machine.
  parts.host = event.At("request").At("host").OptionalText();
  if (parts.host.empty()) parts.host = HostOf(target.At("url").OptionalText());
  // A registry that is answered with an error sends the same again, and nothing else meanwhile.
  if (!CanBeNamed(parts)) return Ignore(delivery, "an image that no manifest can name");
  delivery.events.push_back(ReadImage(parts, target.At("repository"), tag));
}

void ReadDistribution(const Field& body, WebhookDelivery& delivery) {
  const std::vector<Field> events = body.At("events").Items(kMostEvents);
  // Of several, another delivery may have others with the first.
  if (events.size() == 1) delivery.id = LabelText(events.front().At("id").OptionalText());
  for (const Field& event : events) ReadRegistryEvent(event, delivery);
}

}  // namespace tinyforge::inbound
