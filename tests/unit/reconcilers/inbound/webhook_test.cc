// Forms, empty bodies, and what people send from scripts.
#include <gmock/gmock.h>

#include "reconcilers/inbound/form.h"
#include "tests/unit/reconcilers/inbound/webhook_requests.h"

namespace tinyforge::inbound {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Headers kForm = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
const std::string kCommit(40, 'e');
const std::string kDigest = "sha256:" + std::string(64, 'f');

TEST(WebhookTest, AnEmptyBodyIsACall) {
  for (const char* body : {"", " \r\n\t"})
    for (const Headers& headers : {Headers{}, kForm}) {
      ReadOne<Fired>(headers, body);
      EXPECT_EQ(Read(headers, body)->vendor, "generic");
    }
  EXPECT_THAT(ReadError({{"X-GitHub-Event", "push"}}, ""), HasSubstr("github: the body at"));
}

TEST(WebhookTest, AFormHoldsItsPayload) {
  Headers headers = kForm;
  headers["X-GitHub-Event"] = "ping";
  EXPECT_EQ(ReadOne<Ignored>(headers, "a=1&payload=%7B%22zen%22%3A+%22x%22%7D").reason, "a ping");
  for (const char* body : {"a=1", "payload", "payload=%7", "payload=%zz", "payload=%-1", "xpayload={}"})
    EXPECT_THAT(ReadError(headers, body), HasSubstr("github: the body: expected a form")) << body;
  EXPECT_THAT(ReadError(headers, "payload="), HasSubstr("expected JSON"));
}

TEST(WebhookTest, CurlCallsJsonAForm) {
  EXPECT_EQ(ReadOne<ImagePushed>(kForm, R"( {"image":"nginx:1"})").tag, "1");
}

TEST(FormTest, DecodesTheFirstFieldSoCalled) {
  EXPECT_EQ(FormValue("a=b+c%2Bd%26&a=2", "a"), "b c+d&");
  EXPECT_EQ(FormValue("b=1&a=", "a"), "");
  EXPECT_EQ(FormValue("b=1&&=&a", "a"), std::nullopt);
  EXPECT_EQ(FormValue("a=%00", "a"), std::string(1, '\0'));
  EXPECT_EQ(FormValue("", "a"), std::nullopt);
}

TEST(GenericTest, AnImageInAllItsForms) {
  const std::pair<std::string, ImagePushed> cases[] = {
      {R"({"image":"nginx"})", {"docker.io", "library/nginx", "latest", ""}},
      {R"({"image":"acme/shop:1.4.2"})", {"docker.io", "acme/shop", "1.4.2", ""}},
      {R"({"image":"r.example.com:5000/shop"})", {"r.example.com:5000", "shop", "latest", ""}},
      {R"({"image":"r.example.com:5000/shop:1"})", {"r.example.com:5000", "shop", "1", ""}},
      {R"({"image":"shop","tag":"1"})", {"docker.io", "library/shop", "1", ""}},
      {R"({"image":"ghcr.io/a/b:1@)" + kDigest + "\"}", {"ghcr.io", "a/b", "1", kDigest}},
      {R"({"image":"ghcr.io/a/b@)" + kDigest + "\"}", {"ghcr.io", "a/b", "", kDigest}},
      {R"({"image":"ghcr.io/a/b","digest":")" + kDigest + "\"}", {"ghcr.io", "a/b", "", kDigest}},
  };
  for (const auto& [body, expected] : cases) EXPECT_EQ(ReadOne<ImagePushed>({}, body), expected) << body;
}

TEST(GenericTest, WhatIsNoImageIsRefused) {
  for (const char* body : {R"({"image":"Shop"})", R"({"image":"shop:"})", R"({"image":"shop@"})", R"({"image":""})",
                           R"({"image":"shop:a b"})", R"({"image":"shop@sha256:0"})", R"({"image":["shop"]})",
                           R"({"image":"https://r.example.com/shop"})", R"({"image":"shop","tag":"a/b"})"})
    EXPECT_THAT(ReadError({}, body), HasSubstr("generic: ")) << body;
  EXPECT_THAT(ReadError({}, R"({"image":"shop","tag":"a/b"})"), HasSubstr("generic: tag: expected an image tag"));
}

TEST(GenericTest, ARefInAllItsForms) {
  using Ref = GitPushed::Ref;
  const std::pair<std::string, GitPushed> cases[] = {
      {R"({"ref":"refs/heads/main"})", {"", {}, Ref::Branch, "main", "", {}}},
      {R"({"ref":"main"})", {"", {}, Ref::Branch, "main", "", {}}},
      {R"({"ref":"refs/tags/v1","repository":"acme/shop"})", {"acme/shop", {}, Ref::Tag, "v1", "", {}}},
      {R"({"ref":"refs/heads/main","repository":{"full_name":"acme/shop"},"after":")" + kCommit + "\"}",
       {"acme/shop", {}, Ref::Branch, "main", kCommit, {}}},
      {R"({"ref":"main","commit":")" + std::string(40, 'E') + "\"}", {"", {}, Ref::Branch, "main", kCommit, {}}},
  };
  for (const auto& [body, expected] : cases) EXPECT_EQ(ReadOne<GitPushed>({}, body), expected) << body;
}

TEST(GenericTest, ARefThatIsGoneIsIgnored) {
  ReadOne<Ignored>({}, R"({"ref":"refs/heads/main","deleted":true})");
  ReadOne<Ignored>({}, R"({"ref":"refs/heads/main","after":"0000000000000000000000000000000000000000"})");
  EXPECT_THAT(ReadError({}, R"({"ref":"refs/heads/main","commit":"HEAD"})"), HasSubstr("generic: commit: expected"));
}

TEST(GenericTest, AnImageAndARefAreTwoEvents) {
  auto delivery = Read({}, R"({"image":"acme/shop:1","ref":"main"})");
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->events.size(), 2u);
}

}  // namespace
}  // namespace tinyforge::inbound
