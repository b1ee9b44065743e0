// Real payloads against what they mean.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "tests/unit/reconcilers/inbound/webhook_requests.h"

namespace tinyforge::inbound {
namespace {

using doc::Node;

// What a delivery says, in the words of expected.jsonl; of many events the first that is not ignored.
std::map<std::string, std::string> Say(const InboundEvent& event) {
  if (const auto* image = std::get_if<ImagePushed>(&event))
    return {{"outcome", "image-push"},
            {"registry", image->host},
            {"repository", image->path},
            {"tag", image->tag},
            {"digest", image->digest}};
  if (const auto* push = std::get_if<GitPushed>(&event)) {
    const bool tag = push->ref == GitPushed::Ref::Tag;
    return {{"outcome", tag ? "git-tag" : "git-push"},
            {"repository", push->repository},
            {"repo", push->repository},
            {tag ? "tag" : "branch", push->name},
            {"ref", (tag ? "refs/tags/" : "refs/heads/") + push->name},
            {"commit", push->commit}};
  }
  return {{"outcome", std::holds_alternative<Ignored>(event) ? "ignored" : "fired"}};
}

std::map<std::string, std::string> Say(const Expected<WebhookDelivery>& delivery) {
  if (!delivery) return {{"outcome", "error"}};
  const auto& events = delivery.value().events;
  const auto is_news = [](const InboundEvent& event) { return !std::holds_alternative<Ignored>(event); };
  const auto news = std::find_if(events.begin(), events.end(), is_news);
  return Say(news == events.end() ? events.front() : *news);
}

bool Accepts(const Node& expect, const std::string& key, const std::string& said) {
  const Node& wanted = *expect.Find(key);
  if (wanted.text == said) return true;
  const Node* accept = expect.Find("accept");
  const Node* others = accept == nullptr ? nullptr : accept->Find(key);
  return others != nullptr &&
         std::any_of(others->items.begin(), others->items.end(), [&](const Node& other) { return other.text == said; });
}

void CheckFields(const Node& expect, const std::map<std::string, std::string>& said) {
  ASSERT_TRUE(Accepts(expect, "outcome", said.at("outcome"))) << said.at("outcome");
  if (expect.Find("outcome")->text != said.at("outcome")) return;
  for (const auto& [key, value] : said)
    if (expect.Find(key) != nullptr) {
      EXPECT_TRUE(Accepts(expect, key, value)) << key << " is " << value;
    }
}

void CheckFiles(const Node& expect, const WebhookDelivery& delivery) {
  const Node* files = expect.Find("changed_files");
  const auto* push = std::get_if<GitPushed>(&delivery.events.front());
  if (push == nullptr || push->ref == GitPushed::Ref::Tag) return;
  if (files == nullptr || expect.Find("changed_files_complete") != nullptr) {
    EXPECT_FALSE(push->files);
    return;
  }
  std::vector<std::string> wanted;
  for (const Node& file : files->items) wanted.push_back(file.text);
  EXPECT_EQ(push->files, wanted);
}

void CheckAllEvents(const Node& list, const WebhookDelivery& delivery) {
  ASSERT_EQ(list.items.size(), delivery.events.size());
  for (std::size_t i = 0; i < list.items.size(); ++i)
    for (const Node::Member& field : list.items[i].members)
      EXPECT_EQ(Say(delivery.events[i]).at(field.key), field.value.text);
}

TEST(GoldenWebhookTest, EachMeansWhatItMeans) {
  const auto fixtures = Fixtures();
  EXPECT_GE(fixtures.size(), 35u);
  for (const Fixture& fixture : fixtures) {
    SCOPED_TRACE(fixture.id);
    auto delivery = Read(fixture.headers, fixture.body);
    SCOPED_TRACE(delivery ? "" : delivery.error().message);
    CheckFields(fixture.expect, Say(delivery));
    if (!delivery) continue;
    CheckFiles(fixture.expect, *delivery);
    if (const Node* list = fixture.expect.Find("events")) CheckAllEvents(*list, *delivery);
  }
}

// The answers that are the best, where others are accepted too.
TEST(GoldenWebhookTest, TheFirstChoiceIsMissedNowhere) {
  for (const Fixture& fixture : Fixtures())
    EXPECT_EQ(Say(Read(fixture.headers, fixture.body)).at("outcome"), fixture.expect.Find("outcome")->text)
        << fixture.id;
}

TEST(GoldenWebhookTest, VendorsAreTold) {
  std::set<std::string_view> told;
  for (const Fixture& fixture : Fixtures()) {
    auto delivery = Read(fixture.headers, fixture.body);
    if (!delivery) continue;
    const std::string_view vendor = delivery->vendor;
    told.insert(vendor);
    EXPECT_TRUE(fixture.id.starts_with(vendor) || (vendor == "github" && fixture.id.starts_with("ghcr")) ||
                (vendor == "azure" && fixture.id.starts_with("acr")))
        << fixture.id << " is taken for " << vendor;
    const bool by_header = vendor != "harbor" && vendor != "dockerhub" && vendor != "quay";
    if (by_header && fixture.id != "acr-ping-kargo" && fixture.id != "registry-docs-envelope") {
      EXPECT_FALSE(delivery->id.empty()) << fixture.id;
    }
  }
  EXPECT_EQ(told.size(), 12u);
}

// Vendors that need no header are told by the shape of what they send.
TEST(GoldenWebhookTest, WithoutHeadersTheShapeTells) {
  for (const Fixture& fixture : Fixtures()) {
    auto with = Read(fixture.headers, fixture.body);
    auto without = Read({}, fixture.body);
    const std::string vendor = with ? std::string(with->vendor) : "";
    if (!std::set<std::string>{"gitlab", "bitbucket", "bitbucket-server", "harbor", "registry", "dockerhub", "quay"}
             .contains(vendor))
      continue;
    ASSERT_TRUE(without) << fixture.id << ": " << without.error().message;
    EXPECT_EQ(without->vendor, vendor) << fixture.id;
    EXPECT_EQ(without->events, with->events) << fixture.id;
  }
}

}  // namespace
}  // namespace tinyforge::inbound
