// Bitbucket Cloud: repo:push; support.atlassian.com/bitbucket-cloud/docs/event-payloads. It tells of many changes at
// once, and of no files.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

void ReadChange(const Field& change, const GitPushed& repository, WebhookDelivery& delivery) {
  const Field now = change.At("new");
  if (!now.Present()) return Ignore(delivery, "a branch or tag was deleted");
  const std::string type = now.At("type").Text();
  const bool branch = type == "branch" || type == "named_branch";
  if (!branch && type != "tag" && type != "annotated_tag") return Ignore(delivery, "neither a branch nor a tag");
  GitPushed push = repository;
  push.ref = branch ? GitPushed::Ref::Branch : GitPushed::Ref::Tag;
  push.name = ReadRefName(now.At("name"), push.ref);
  push.commit = ReadCommit(now.At("target").At("hash"));
  push.before = ReadOptionalCommit(change.At("old").At("target").At("hash"));
  delivery.events.push_back(std::move(push));
}

}  // namespace

void ReadBitbucketCloud(const Field& body, WebhookDelivery& delivery) {
  if (delivery.event.empty()) delivery.event = "repo:push";
  if (delivery.event != "repo:push") return Ignore(delivery, "no push");
  // `name` may be another than in the address; full_name is the address.
  const Field repository = body.At("repository");
  GitPushed push{.repository = repository.At("full_name").Text()};
  const std::string url = repository.At("links").At("html").At("href").OptionalText();
  if (!url.empty()) push.urls.push_back(url);
  for (const Field& change : body.At("push").At("changes").Items(kMostEvents)) ReadChange(change, push, delivery);
}

}  // namespace tinyforge::inbound
