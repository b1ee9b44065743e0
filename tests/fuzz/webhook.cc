// Vendors' webhooks: whatever the payload is, the events are bounded, and nothing of it is repeated in an error or a
// reason.
//
// Input: a letter that chooses the headers, then the body; a body alone has none. So a file of tests/golden/webhooks is
// an input.
#include "reconcilers/inbound/webhook.h"

#include <algorithm>
#include <array>

#include "api-types/codec/formats.h"
#include "tests/fuzz/overlap.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;
using namespace tinyforge::inbound;

namespace {

struct Choice {
  std::string_view name{};
  std::string_view value{};  // empty: the next line of the input
  std::string_view type = "application/json";
};
constexpr std::string_view kForm = "application/x-www-form-urlencoded";
// From 'A' on; others are added at the end, so that the corpus keeps its meaning.
constexpr std::array kChoices = {
    Choice{.type = kForm},
    Choice{"X-Forgejo-Event", "push"},
    Choice{"X-Gitea-Event", "push"},
    Choice{"X-Gitea-Event", "create"},
    Choice{"X-Gitea-Event", "package"},
    Choice{"X-Gogs-Event", "push"},
    Choice{"X-Gogs-Event", "create"},
    Choice{"X-GitHub-Event", "push"},
    Choice{"X-GitHub-Event", "create"},
    Choice{"X-GitHub-Event", "package"},
    Choice{"X-GitHub-Event", "registry_package"},
    Choice{"X-GitHub-Event", "push", kForm},
    Choice{"X-GitHub-Event", ""},
    Choice{"X-Gitlab-Event", "Push Hook"},
    Choice{"X-Gitlab-Event", "Tag Push Hook"},
    Choice{"X-Event-Key", "repo:push"},
    Choice{"X-Event-Key", "repo:refs_changed"},
    Choice{"X-Event-Key", "mirror:repo_synchronized"},
    Choice{"X-Nexus-Webhook-Id", "rm:repository:component"},
    Choice{"X-Nexus-Webhook-Id", "rm:repository:asset"},
    Choice{"X-Nexus-Webhook-Id", ""},
    Choice{"Content-Type", "", "application/vnd.docker.distribution.events.v2+json"},
    Choice{"User-Agent", "AzureContainerRegistry/1.0"},
};

// Our own words of that length: keys that an error names because the payload should have them, and what it should say.
bool IsOurs(std::string_view run) {
  static const std::array<std::string_view, 15> kWords = {
      "checkout_sha",
      "container_metadata",
      "git_http_url",
      "package_type",
      "package_version",
      "path_with_namespace",
      "refs/heads/main",
      "registry_package",
      "repo_full_name",
      "resource_url",
      "total_commits_count",
      "updated_tags",
      codec::format::kImageRepository.expected,
      codec::format::kImageTag.expected,
      codec::format::kImageDigest.expected,
  };
  return std::ranges::any_of(kWords, [&](std::string_view word) { return word.find(run) != std::string_view::npos; });
}

void RequireNothingOf(std::string_view body, std::string_view answer) {
  fuzz::Require(answer.size() < 400, "an answer is short", answer);
  const std::string_view run = fuzz::Overlap(answer, body, 12);
  fuzz::Require(run.empty() || IsOurs(run), "an answer repeats nothing of the body", answer);
}

bool IsLabel(std::string_view text) {
  return text.size() <= 128 && std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f && c != '<'; });
}

std::size_t BytesOf(const InboundEvent& event) {
  if (const auto* image = std::get_if<ImagePushed>(&event))
    return image->host.size() + image->path.size() + image->tag.size() + image->digest.size();
  const auto* push = std::get_if<GitPushed>(&event);
  if (push == nullptr) return 0;
  std::size_t bytes = push->repository.size() + push->name.size() + push->commit.size();
  for (const std::string& url : push->urls) bytes += url.size();
  if (push->files)
    for (const std::string& file : *push->files) bytes += file.size();
  return bytes;
}

void CheckEvent(const InboundEvent& event, std::string_view body) {
  fuzz::Require(BytesOf(event) <= body.size() + std::string_view("docker.iolibrary/latest").size(),
                "an event holds no more than the body");
  if (const auto* ignored = std::get_if<Ignored>(&event)) {
    fuzz::Require(!ignored->reason.empty(), "what is ignored has a reason");
    RequireNothingOf(body, ignored->reason);
  } else if (const auto* image = std::get_if<ImagePushed>(&event)) {
    const std::string name = image->host.empty() ? image->path : image->host + "/" + image->path;
    fuzz::Require(codec::format::kImageRepository.valid(name), "an image is one that a manifest can name", name);
    fuzz::Require(!image->tag.empty() || !image->digest.empty(), "an image has a tag or a digest", name);
  } else if (const auto* push = std::get_if<GitPushed>(&event)) {
    fuzz::Require(!push->name.empty() && push->name.size() <= 1024, "a branch or tag has a name", push->name);
    fuzz::Require(push->urls.size() <= kMostUrls, "a repository has few URLs");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t index = size == 0 ? kChoices.size() : static_cast<std::size_t>(data[0] - 'A');
  Choice choice;
  if (index < kChoices.size()) {
    choice = kChoices[index];
    input.Byte();
    if (!choice.name.empty() && choice.value.empty() && choice.name != "Content-Type") choice.value = input.Line();
  }
  const std::string_view body = input.Rest();
  const HeaderLookup header = [&](std::string_view name) {
    if (name == "Content-Type") return choice.type;
    return name == choice.name ? choice.value : std::string_view();
  };
  const auto delivery = ReadWebhook({header, body});
  if (!delivery) {
    fuzz::Require(delivery.error().kind == ErrorKind::Invalid, "what cannot be read is Invalid");
    RequireNothingOf(body, delivery.error().message);
    return 0;
  }
  fuzz::Require(!delivery->vendor.empty() && IsLabel(delivery->event) && IsLabel(delivery->id), "labels are plain");
  fuzz::Require(!delivery->events.empty() && delivery->events.size() <= kMostEvents,
                "there are one to a thousand events");
  for (const InboundEvent& event : delivery->events) CheckEvent(event, body);
  return 0;
}
