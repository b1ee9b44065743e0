// What people send from a script or a pipeline: {"image": "host/path:tag@digest"}, tag and digest also as keys of their
// own and "latest" without both, or {"ref": "refs/heads/main", "repository": "owner/name", "commit": "…"}, the latter
// two if known, and "before" as forges say it.
#include "api-types/codec/formats.h"
#include "reconcilers/core/image_name.h"
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/image_push.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

namespace format = codec::format;

// Cuts off what follows the last `mark`, when it is something and holds no slash.
std::string CutOff(std::string& text, char mark) {
  const std::size_t at = text.rfind(mark);
  if (at == std::string::npos || at + 1 == text.size() || text.find('/', at) != std::string::npos) return "";
  std::string rest = text.substr(at + 1);
  text.resize(at);
  return rest;
}

void ReadPushedImage(const Field& body, WebhookDelivery& delivery) {
  const Field at = body.At("image");
  std::string name = at.Text();
  ImageParts parts{.tag = body.At("tag").OptionalText(), .digest = body.At("digest").OptionalText()};
  if (std::string digest = CutOff(name, '@'); !digest.empty()) parts.digest = std::move(digest);
  if (!parts.digest.empty() && !format::kImageDigest.valid(parts.digest)) at.Refuse(format::kImageDigest.expected);
  const bool tag_apart = !parts.tag.empty();
  if (std::string tag = CutOff(name, ':'); !tag.empty()) parts.tag = std::move(tag);
  if (parts.tag.empty() && parts.digest.empty()) parts.tag = "latest";
  const ImageName split = SplitImageName(name);
  parts.host = split.host;
  parts.path = split.path;
  delivery.events.push_back(ReadImage(parts, at, tag_apart ? body.At("tag") : at));
}

// A full ref, or the short name of a branch.
std::optional<GitRef> ReadAnyRef(const Field& field) {
  if (field.Text().starts_with("refs/")) return ReadRef(field);
  return GitRef{GitPushed::Ref::Branch, ReadRefName(field, GitPushed::Ref::Branch)};
}

// "owner/name", or the mapping that forges send.
std::string ReadRepository(const Field& repository) {
  return (repository.Keys().empty() ? repository : repository.At("full_name")).OptionalText();
}

void ReadPushedRef(const Field& body, WebhookDelivery& delivery) {
  const auto ref = ReadAnyRef(body.At("ref"));
  GitPushed push{.repository = ReadRepository(body.At("repository"))};
  for (const std::string_view key : {"commit", "sha", "after"})
    if (push.commit.empty() && body.At(key).Present()) push.commit = ReadCommit(body.At(key));
  if (body.At("deleted").Flag() || IsNoCommit(push.commit)) return Ignore(delivery, "a branch or tag was deleted");
  if (!ref) return Ignore(delivery, "neither a branch nor a tag");
  push.ref = ref->kind;
  push.name = ref->name;
  push.before = ReadOptionalCommit(body.At("before"));
  delivery.events.push_back(std::move(push));
}

}  // namespace

void ReadGeneric(const Field& body, WebhookDelivery& delivery) {
  const bool image = body.At("image").Present();
  const bool ref = body.At("ref").Present();
  if (image) ReadPushedImage(body, delivery);
  if (ref) ReadPushedRef(body, delivery);
  if (!image && !ref) body.Refuse("the payload of a known vendor, or a mapping with image or ref, or no body at all");
}

}  // namespace tinyforge::inbound
