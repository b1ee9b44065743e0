// Docker Hub; docs.docker.com/docker-hub/repos/manage/webhooks. It says no digest: `push_data.images` are layers.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/image_push.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

// Charts and plugins are told by their media type, which older deliveries do not have.
bool IsImage(std::string_view media_type) {
  return media_type.empty() || media_type.find(".image.") != std::string_view::npos ||
         media_type.find(".manifest.") != std::string_view::npos;
}

}  // namespace

void ReadDockerHub(const Field& body, WebhookDelivery& delivery) {
  delivery.event = "push";
  const Field push = body.At("push_data");
  const Field repository = body.At("repository");
  if (!IsImage(push.At("media_type").OptionalText())) return Ignore(delivery, "a package that is no container image");
  // Aliyun's registry imitates the payload with another key, and says a digest; its host differs from region to region.
  const bool imitated = repository.At("repo_full_name").Present();
  const Field name = repository.At(imitated ? "repo_full_name" : "repo_name");
  const ImageParts parts{.host = imitated ? "" : "docker.io",
                         .path = name.Text(),
                         .tag = push.At("tag").Text(),
                         .digest = push.At("digest").OptionalText()};
  delivery.events.push_back(ReadImage(parts, name, push.At("tag")));
}

}  // namespace tinyforge::inbound
