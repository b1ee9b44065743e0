// GitHub, and GitHub Enterprise Server: push, package, registry_package;
// docs.github.com/webhooks/webhook-events-and-payloads.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/image_push.h"
#include "reconcilers/inbound/label.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

// No more commits are listed.
constexpr std::size_t kMostCommits = 2048;

void ReadPush(const Field& body, WebhookDelivery& delivery) {
  auto push = ReadForgePush(body, delivery);
  if (!push) return;
  // Commits that a forced push took away are not listed, nor are their files.
  if (body.At("forced").Flag() || body.At("commits").OptionalItems().size() >= kMostCommits) push->files.reset();
  delivery.events.push_back(std::move(*push));
}

// The type was written in several ways over the years, and before it there was only `ecosystem`.
bool IsContainer(const Field& package) {
  std::string type = ToLower(package.At("package_type").OptionalText());
  if (type.empty()) type = ToLower(package.At("ecosystem").OptionalText());
  return type == "container" || type == "docker";
}

bool IsPublication(const Field& body) {
  const std::string action = body.At("action").Text();
  return action == "published" || action == "updated" || action == "create" || action == "created";
}

// The digest of the manifest is the version's name; that beside the tag is sometimes one of another kind.
std::string DigestOf(const Field& version) {
  for (const std::string_view key : {"version", "name"}) {
    std::string text = version.At(key).OptionalText();
    if (text.starts_with("sha256:")) return text;
  }
  return version.At("container_metadata").At("tag").At("digest").OptionalText();
}

void ReadPackage(const Field& body, const Field& package, WebhookDelivery& delivery) {
  if (!package.Present()) return package.Refuse("a mapping");
  if (!IsPublication(body)) return Ignore(delivery, "no publication of a package");
  if (!IsContainer(package)) return Ignore(delivery, "a package that is no container image");
  const Field version = package.At("package_version");
  if (!version.Present()) return Ignore(delivery, "a package without a version");
  const Field tag = version.At("container_metadata").At("tag").At("name");
  ImageParts parts{.tag = tag.OptionalText(), .digest = DigestOf(version)};
  if (parts.tag.empty()) return Ignore(delivery, "an image without a tag, such as a part of a multi-platform one");
  parts.host = HostOf(version.At("package_url").OptionalText());
  if (parts.host.empty()) parts.host = "ghcr.io";
  std::string owner = package.At("owner").At("login").OptionalText();
  if (owner.empty()) owner = package.At("namespace").Text();
  parts.path = ToLower(owner + "/" + package.At("name").Text());
  delivery.events.push_back(ReadImage(parts, package.At("name"), tag));
}

}  // namespace

void ReadGitHub(const Field& body, WebhookDelivery& delivery) {
  if (delivery.event == "push") return ReadPush(body, delivery);
  if (delivery.event == "package" || delivery.event == "package_v2")
    return ReadPackage(body, body.At("package"), delivery);
  if (delivery.event == "registry_package") return ReadPackage(body, body.At("registry_package"), delivery);
  if (delivery.event == "ping") return Ignore(delivery, "a ping");
  if (delivery.event == "create") return Ignore(delivery, "a new branch or tag, of which a push tells too");
  Ignore(delivery, "neither a push nor a package");
}

}  // namespace tinyforge::inbound
