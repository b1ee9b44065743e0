// Azure Container Registry: push; learn.microsoft.com/azure/container-registry/container-registry-webhook-reference.
// One event of the Docker registry without the envelope.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/image_push.h"
#include "reconcilers/inbound/label.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {

void ReadAzure(const Field& body, WebhookDelivery& delivery) {
  delivery.event = LabelText(body.At("action").Text());
  delivery.id = LabelText(body.At("id").OptionalText());
  if (delivery.event == "ping") return Ignore(delivery, "a ping");
  ReadRegistryEvent(body, delivery);
}

}  // namespace tinyforge::inbound
