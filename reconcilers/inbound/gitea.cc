// Gitea, Forgejo and Gogs: push, create, package; docs.gitea.com/usage/webhooks, forgejo.org/docs/latest/user/webhooks.
#include "reconcilers/inbound/git_push.h"
#include "reconcilers/inbound/image_push.h"
#include "reconcilers/inbound/label.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

// As many commits are listed at most unless the forge's configuration says otherwise. Newer ones count all of them.
constexpr std::int64_t kCommitsListed = 5;

bool ListsAllCommits(const Field& body) {
  const auto listed = static_cast<std::int64_t>(body.At("commits").OptionalItems().size());
  const auto total = body.At("total_commits").Number();
  return total ? *total == listed : listed < kCommitsListed;
}

void ReadPush(const Field& body, WebhookDelivery& delivery) {
  auto push = ReadForgePush(body, delivery);
  if (!push) return;
  if (!ListsAllCommits(body)) push->files.reset();
  delivery.events.push_back(std::move(*push));
}

void ReadCreate(const Field& body, WebhookDelivery& delivery) {
  if (body.At("ref_type").Text() != "tag") return Ignore(delivery, "a new branch, of which a push tells too");
  if (!body.At("sha").Present()) return Ignore(delivery, "a new tag without its commit, of which a push tells too");
  const Field repository = body.At("repository");
  delivery.events.push_back(GitPushed{.repository = repository.At("full_name").Text(),
                                      .urls = ReadUrls(repository, {"clone_url", "ssh_url", "html_url"}),
                                      .ref = GitPushed::Ref::Tag,
                                      .name = ReadRefName(body.At("ref"), GitPushed::Ref::Tag),
                                      .commit = ReadCommit(body.At("sha"))});
}

// The registry is the forge itself, so its host is that of the package's page.
void ReadPackage(const Field& body, WebhookDelivery& delivery) {
  const Field package = body.At("package");
  if (body.At("action").Text() != "created") return Ignore(delivery, "no publication of a package");
  if (package.At("type").Text() != "container") return Ignore(delivery, "a package that is no container image");
  const Field owner = package.At("owner");
  std::string path = owner.At(owner.At("login").Present() ? "login" : "username").Text() + "/";
  path += package.At("name").Text();
  const ImageParts parts{.host = HostOf(package.At("html_url").Text()),
                         .path = ToLower(std::move(path)),
                         .tag = package.At("version").Text()};
  delivery.events.push_back(ReadImage(parts, package.At("name"), package.At("version")));
}

}  // namespace

void ReadGitea(const Field& body, WebhookDelivery& delivery) {
  if (delivery.event == "push") return ReadPush(body, delivery);
  if (delivery.event == "create") return ReadCreate(body, delivery);
  if (delivery.event == "package") return ReadPackage(body, delivery);
  if (delivery.event == "delete") return Ignore(delivery, "a branch or tag was deleted");
  Ignore(delivery, "neither a push, a new tag nor a package");
}

}  // namespace tinyforge::inbound
