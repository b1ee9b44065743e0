// What registries have in common in what they say of a push.
#pragma once

#include <string>
#include <string_view>

#include "reconcilers/core/inbound_event.h"
#include "reconcilers/inbound/payload.h"
#include "reconcilers/inbound/webhook.h"

namespace tinyforge::inbound {

struct ImageParts {
  std::string host;  // empty: the vendor does not say
  std::string path;
  std::string tag;  // or a digest: some vendors put it there when there is no tag
  std::string digest;
};

// Whether the fields are what ReadImage takes.
bool CanBeNamed(const ImageParts& parts);

// The image with its name made comparable. The fields are where name and tag stand: they are refused when the name, or
// the tag, is not as the OCI distribution specification 1.1 has it, or when there is neither tag nor digest. A digest
// of another form than sha256 is dropped: the tag is read back from the registry anyway.
ImagePushed ReadImage(const ImageParts& parts, const Field& name, const Field& tag);

// The host, with its port, at the beginning of a URL or of an image's name: "https://r.example.com:5000/a" and
// "r.example.com:5000/a:1" alike. Empty when there is no slash after it.
std::string HostOf(std::string_view url);

// One event of the Docker distribution registry: action, target, request.
void ReadRegistryEvent(const Field& event, WebhookDelivery& delivery);

}  // namespace tinyforge::inbound
