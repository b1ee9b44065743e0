// GitLab: push and tag push, of project, group and system hooks;
// docs.gitlab.com/user/project/integrations/webhook_events. What its container registry sends is the Docker registry's.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/label.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

// At most 20 commits are listed; the total tells.
std::optional<std::vector<std::string>> ReadFiles(const Field& body, const std::string& head) {
  const auto total = body.At("total_commits_count").Number();
  const auto listed = static_cast<std::int64_t>(body.At("commits").OptionalItems().size());
  auto files = ReadChangedFiles(body.At("commits"), head);
  return total == listed ? files : std::nullopt;
}

void ReadPush(const Field& body, WebhookDelivery& delivery) {
  const auto ref = ReadRef(body.At("ref"));
  const Field project = body.At("project");
  GitPushed push{.repository = project.At("path_with_namespace").Text(), .commit = ReadCommit(body.At("after"))};
  push.urls = ReadUrls(project, {"git_http_url", "git_ssh_url", "web_url"});
  const Field checkout = body.At("checkout_sha");
  if (IsNoCommit(push.commit)) return Ignore(delivery, "a branch or tag was deleted");
  if (!ref) return Ignore(delivery, "neither a branch nor a tag");
  if (body.At("before").OptionalText() == push.commit) return Ignore(delivery, "a test: the branch is where it was");
  push.ref = ref->kind;
  push.name = ref->name;
  // Of an annotated tag `after` is the tag object.
  if (push.ref == GitPushed::Ref::Tag && checkout.Present()) push.commit = ReadCommit(checkout);
  if (push.ref == GitPushed::Ref::Branch) push.files = ReadFiles(body, push.commit);
  push.before = ReadOptionalCommit(body.At("before"));
  delivery.events.push_back(std::move(push));
}

}  // namespace

void ReadGitLab(const Field& body, WebhookDelivery& delivery) {
  const Field kind = body.At(body.At("object_kind").Present() ? "object_kind" : "event_name");
  const std::string event = kind.Text();
  if (delivery.event.empty()) delivery.event = LabelText(event);
  if (event == "push" || event == "tag_push") return ReadPush(body, delivery);
  Ignore(delivery, "no push");
}

}  // namespace tinyforge::inbound
