// Harbor: PUSH_ARTIFACT (2.x), pushImage (1.x), harbor.artifact.pushed (CloudEvents 1.0, structured);
// goharbor.io/docs/latest/working-with-projects/project-configuration/configure-webhooks.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/image_push.h"
#include "reconcilers/inbound/label.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

bool IsPush(std::string_view type) {
  return type == "PUSH_ARTIFACT" || type == "pushImage" || type == "harbor.artifact.pushed";
}

void ReadResources(const Field& data, WebhookDelivery& delivery) {
  const Field name = data.At("repository").At("repo_full_name");
  const std::string path = name.Text();
  for (const Field& resource : data.At("resources").Items(kMostEvents)) {
    const ImageParts parts{.host = HostOf(resource.At("resource_url").OptionalText()),
                           .path = path,
                           .tag = resource.At("tag").OptionalText(),
                           .digest = resource.At("digest").OptionalText()};
    delivery.events.push_back(ReadImage(parts, name, resource.At("tag")));
  }
}

// As the documentation of 1.10 has it: without a host.
void ReadEnvelope(const Field& body, WebhookDelivery& delivery) {
  delivery.event = LabelText(body.At("event_type").Text());
  if (!IsPush(delivery.event)) return Ignore(delivery, "no push of an image");
  for (const Field& event : body.At("events").Items(kMostEvents)) {
    const ImageParts parts{.path = event.At("full_name").Text(), .tag = event.At("tag").Text()};
    delivery.events.push_back(ReadImage(parts, event.At("full_name"), event.At("tag")));
  }
}

}  // namespace

void ReadHarbor(const Field& body, WebhookDelivery& delivery) {
  if (body.At("event_type").Present()) return ReadEnvelope(body, delivery);
  const bool cloud_event = body.At("specversion").Present();
  delivery.event = LabelText(body.At("type").Text());
  if (cloud_event) delivery.id = LabelText(body.At("id").OptionalText());
  if (!IsPush(delivery.event)) return Ignore(delivery, "no push of an image");
  ReadResources(body.At(cloud_event ? "data" : "event_data"), delivery);
}

}  // namespace tinyforge::inbound
