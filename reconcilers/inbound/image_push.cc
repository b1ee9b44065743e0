#include "reconcilers/inbound/image_push.h"

#include "api-types/codec/formats.h"
#include "reconcilers/core/image_name.h"
#include "reconcilers/inbound/label.h"

namespace tinyforge::inbound {
namespace {

namespace format = codec::format;

ImageName Normalize(const ImageParts& parts) {
  if (parts.host == "docker.io" || parts.host == "index.docker.io") return SplitImageName("docker.io/" + parts.path);
  return {ToLower(parts.host), parts.path};
}

bool IsValid(const ImageName& name) {
  // With a colon the path would be taken for a host.
  return name.path.find(':') == std::string::npos &&
         format::kImageRepository.valid(name.host.empty() ? name.path : name.host + "/" + name.path);
}

}  // namespace

std::string HostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const std::size_t slash = url.find('/');
  return slash == std::string_view::npos ? "" : std::string(url.substr(0, slash));
}

bool CanBeNamed(const ImageParts& parts) {
  const bool by_tag = format::kImageTag.valid(parts.tag);
  const bool by_digest =
      format::kImageDigest.valid(parts.tag) || (parts.tag.empty() && format::kImageDigest.valid(parts.digest));
  return IsValid(Normalize(parts)) && (by_tag || by_digest);
}

ImagePushed ReadImage(const ImageParts& parts, const Field& name, const Field& tag) {
  const ImageName normal = Normalize(parts);
  if (!IsValid(normal)) name.Refuse(format::kImageRepository.expected);
  ImagePushed image{.host = normal.host, .path = normal.path};
  if (format::kImageDigest.valid(parts.digest)) image.digest = parts.digest;
  if (format::kImageDigest.valid(parts.tag)) {
    image.digest = parts.tag;
  } else if (format::kImageTag.valid(parts.tag)) {
    image.tag = parts.tag;
  } else if (!parts.tag.empty()) {
    tag.Refuse(format::kImageTag.expected);
  }
  if (image.tag.empty() && image.digest.empty()) tag.Refuse("a tag, or else a digest of sha256");
  return image;
}

}  // namespace tinyforge::inbound
