// Bitbucket Server and Data Center: repo:refs_changed, mirror:repo_synchronized;
// confluence.atlassian.com/bitbucketserver/event-payload-938025882.html. Many changes at once, no files.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

void ReadChange(const Field& change, const GitPushed& repository, WebhookDelivery& delivery) {
  const auto ref = ReadRef(change.At("ref").At("id"));
  if (change.At("type").Text() == "DELETE") return Ignore(delivery, "a branch or tag was deleted");
  if (!ref) return Ignore(delivery, "neither a branch nor a tag");
  GitPushed push = repository;
  push.ref = ref->kind;
  push.name = ref->name;
  push.commit = ReadCommit(change.At("toHash"));
  push.before = ReadOptionalCommit(change.At("fromHash"));
  delivery.events.push_back(std::move(push));
}

// Each of up to kMostEvents changes has a copy of it: beyond these bytes a name is refused and an address left out.
constexpr std::size_t kMostName = 256;
constexpr std::size_t kMostUrlBytes = 1024;

std::string ReadName(const Field& field) {
  std::string name = field.Text();
  if (name.size() > kMostName) field.Refuse("at most 256 bytes");
  return name.substr(0, kMostName);
}

// There is no full name: the project's key and the repository's slug make the address.
GitPushed ReadRepository(const Field& repository) {
  GitPushed push;
  push.repository = ReadName(repository.At("project").At("key")) + "/";
  push.repository += ReadName(repository.At("slug"));
  std::size_t bytes = 0;
  for (const Field& link : repository.At("links").At("clone").OptionalItems()) {
    std::string url = link.At("href").OptionalText();
    if (url.empty() || push.urls.size() == kMostUrls || bytes + url.size() > kMostUrlBytes) continue;
    bytes += url.size();
    push.urls.push_back(std::move(url));
  }
  return push;
}

}  // namespace

void ReadBitbucketServer(const Field& body, WebhookDelivery& delivery) {
  if (body.At("test").Flag()) return Ignore(delivery, "a test");
  const std::string event = delivery.event.empty() ? body.At("eventKey").Text() : delivery.event;
  if (event != "repo:refs_changed" && event != "mirror:repo_synchronized") return Ignore(delivery, "no push");
  delivery.event = event;
  const GitPushed repository = ReadRepository(body.At("repository"));
  for (const Field& change : body.At("changes").Items(kMostEvents)) ReadChange(change, repository, delivery);
}

}  // namespace tinyforge::inbound
