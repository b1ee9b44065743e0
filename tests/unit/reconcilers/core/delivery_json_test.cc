#include "reconcilers/core/delivery_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api-types/doc/json.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const SysTime kNow = *ParseRfc3339("2026-03-01T12:00:00Z");

Delivery Full() {
  GitPushed push{.repository = "acme/shop",
                 .urls = {"https://git.example.com/acme/shop.git"},
                 .ref = GitPushed::Ref::Tag,
                 .name = "v1.4.3",
                 .commit = "4f2a9c1",
                 .files = std::vector<std::string>{},
                 .before = "aa05fb8"};
  return {.id = "0k3v9x0000000001",
          .trigger = "shop-image",
          .cause = "webhook",
          .vendor = "github",
          .event = "package",
          .vendor_id = "72d3162e",
          .source = "10.0.0.7",
          .secret = "1a2b3c4d",
          .replay_of = "0k3v9x0000000000",
          .headers = {{"User-Agent", "GitHub-Hookshot/1"}, {"X-GitHub-Event", "package"}},
          .received = kNow,
          .ended = kNow + std::chrono::milliseconds(4200),
          .events = {ImagePushed{"ghcr.io", "acme/shop", "1.4.3", "sha256:ab"}, push, Fired{}, Ignored{"a ping"}},
          .outcomes = {{"b", "shop", "", DeliveryResult::Deployed, "1.4.2 -> 1.4.3", kNow},
                       {"b", "stack", "web", DeliveryResult::NoMatch, "another \"image\"", kNow}}};
}

TEST(DeliveryJson, ReadsBackWhatItWrote) {
  const auto read = ParseDelivery(EncodeDelivery(Full()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, Full());
  const Delivery small{.id = "x"};
  EXPECT_EQ(EncodeDelivery(small), R"({"id":"x"})");
  EXPECT_EQ(*ParseDelivery(R"({"id":"x"})"), small);
}

TEST(DeliveryJson, IsCanonical) {
  for (const std::string& text : {EncodeDelivery(Full()), PackDelivery(Full())})
    EXPECT_EQ(text, doc::CanonicalJson(*doc::ParseJson(text)));
}

TEST(DeliveryJson, PackedSaysOnceWhatManyOutcomesHaveInCommon) {
  Delivery delivery = Full();
  EXPECT_EQ(*ParseDelivery(PackDelivery(delivery)), delivery);
  const std::string message(100, 'm');
  for (int i = 0; i < 50; ++i)
    delivery.outcomes.push_back(
        {"b" + std::to_string(i), "w", i % 2 == 0 ? "" : "s", DeliveryResult::Skipped, message});
  const std::string packed = PackDelivery(delivery);
  EXPECT_LT(packed.size(), EncodeDelivery(delivery).size() / 4);
  EXPECT_EQ(*ParseDelivery(packed), delivery);
}

TEST(DeliveryJson, FilesThatAreNotKnownAreNotAnEmptyList) {
  EXPECT_THAT(EncodeEvent(GitPushed{.name = "main"}), Not(HasSubstr("files")));
  EXPECT_THAT(EncodeEvent(GitPushed{.name = "main", .files = std::vector<std::string>{}}), HasSubstr(R"("files":[])"));
}

TEST(DeliveryJson, EveryResultHasItsWord) {
  for (const auto result : {DeliveryResult::Pending, DeliveryResult::Rolling, DeliveryResult::Deployed,
                            DeliveryResult::Skipped, DeliveryResult::NoMatch, DeliveryResult::Errored}) {
    const Delivery delivery{.id = "x", .outcomes = {{.binding = "b", .result = result}}};
    EXPECT_EQ(*ParseDelivery(EncodeDelivery(delivery)), delivery) << ToString(result);
  }
}

TEST(DeliveryJson, WhatItDidNotWriteIsInvalid) {
  for (const char* text :
       {"", "[]", "{}", "{", R"({"id":"x","received":"noon"})", R"({"id":"x","events":[{}]})",
        R"({"id":"x","events":[{"type":"Nonsense"}]})", R"({"id":"x","events":["Fired"]})",
        R"({"id":"x","outcomes":[{"binding":"b"}]})", R"({"id":"x","outcomes":[{"of":[["b","w"]]}]})"}) {
    const auto read = ParseDelivery(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::Invalid) << text;
    EXPECT_THAT(read.error().message, HasSubstr("delivery")) << text;
  }
}

}  // namespace
}  // namespace tinyforge
