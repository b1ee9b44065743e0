// Whatever stands in a payload, the answer is events or an error that repeats nothing of it. The cases are generated:
// each value of each real payload, and of some invented ones, is replaced by each of a table of others.
#include <gmock/gmock.h>

#include <functional>

#include "tests/unit/reconcilers/inbound/webhook_requests.h"

namespace tinyforge::inbound {
namespace {

using doc::Node;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kCanary = "canary-7f3a";

Node Nested(int levels, bool lists) {
  Node node = Node::Of(std::string(kCanary));
  for (int i = 0; i < levels; ++i) {
    Node outer = lists ? Node::List() : Node::Map();
    if (lists)
      outer.items.push_back(std::move(node));
    else
      outer.Add("id", std::move(node));
    node = std::move(outer);
  }
  return node;
}

std::vector<Node> Replacements() {
  Node strange = Node::Map();
  strange.Add(std::string(kCanary), Node::Of(std::string(kCanary)));
  std::string longest;
  while (longest.size() < 5000) longest += kCanary;
  return {Node{},
          Node::Of(true),
          Node::Of(std::int64_t{-1}),
          Node::Of(std::string()),
          Node::Of(std::string(kCanary)),
          Node::Of("refs/heads/" + std::string(kCanary) + "\n.."),
          Node::List(),
          Node::Map(),
          std::move(strange),
          Node::Of(std::move(longest)),
          Nested(8, true),
          Nested(20, false),
          Nested(40, true)};
}

// What the parsers read and no real payload at hand has.
std::vector<Fixture> Invented() {
  const std::string commit(40, 'a');
  const std::string digest = "sha256:" + std::string(64, 'b');
  return {
      {"github-registry-package",
       {{"X-GitHub-Event", "registry_package"}},
       R"({"action":"published","registry_package":{"name":"shop","namespace":"acme","owner":{"login":"acme"},
          "package_type":"CONTAINER","ecosystem":"CONTAINER","package_version":{"name":"x","version":")" +
           digest +
           R"(","package_url":"ghcr.io/acme/shop:1","container_metadata":{"tag":{"name":"1","digest":""}}}}})"},
      {"gitea-package",
       {{"X-Gitea-Event", "package"}},
       R"({"action":"created","package":{"type":"container","name":"shop","version":"1","owner":{"login":"acme",
          "username":"acme"},"html_url":"https://git.example.com/acme/-/packages/container/shop/1"}})"},
      {"gitea-counted",
       {{"X-Gitea-Event", "push"}},
       R"({"ref":"refs/tags/v1","after":")" + commit + R"(","total_commits":1,"head_commit":{"id":")" + commit +
           R"("},"forced":false,"deleted":false,"commits":[{"id":")" + commit +
           R"(","added":["a"]}],"repository":{"full_name":"acme/shop"}})"},
      {"bitbucket-server-links",
       {{"X-Event-Key", "repo:refs_changed"}},
       R"({"repository":{"slug":"shop","project":{"key":"A"},"links":{"clone":[{"href":"ssh://b/a/shop.git"}]}},
          "changes":[{"ref":{"id":"refs/heads/main"},"type":"UPDATE","toHash":")" +
           commit + R"("}]})"},
      {"nexus-component",
       {{"X-Nexus-Webhook-Id", "rm:repository:component"}},
       R"({"repositoryName":"r","action":"CREATED","component":{"format":"docker","name":"shop","version":"1"}})"},
      {"nexus-asset",
       {{"X-Nexus-Webhook-Id", "rm:repository:asset"}},
       R"({"repositoryName":"r","action":"CREATED","asset":{"format":"docker","name":"v2/shop/manifests/1"}})"},
      {"harbor-cloud-event",
       {},
       R"({"specversion":"1.0","id":"1","type":"harbor.artifact.pushed","data":{"resources":[{"digest":")" + digest +
           R"(","tag":"1","resource_url":"h.example.com/a/b:1"}],"repository":{"repo_full_name":"a/b"}}})"},
      {"aliyun", {}, R"({"push_data":{"digest":"x","tag":"1"},"repository":{"repo_full_name":"acme/shop"}})"},
      {"quay-old", {}, R"({"docker_url":"quay.io/acme/shop","updated_tags":{"a":"b750"}})"},
      {"generic-image", {}, R"({"image":"acme/shop","tag":"1","digest":")" + digest + "\"}"},
      {"generic-ref",
       {},
       R"({"ref":"main","commit":")" + commit + R"(","sha":")" + commit + R"(","after":")" + commit +
           R"(","deleted":false,"repository":{"full_name":"acme/shop"}})"},
  };
}

std::vector<Fixture> Seeds() {
  std::vector<Fixture> seeds = Fixtures();
  for (Fixture& invented : Invented()) seeds.push_back(std::move(invented));
  return seeds;
}

struct Tally {
  int values = 0;
  int errors = 0;
};

// Whether the answer is one that may be given.
void Check(const Fixture& fixture, const std::string& body, Tally& tally) {
  auto delivery = Read(fixture.headers, body);
  if (!delivery) {
    ++tally.errors;
    EXPECT_EQ(delivery.error().kind, ErrorKind::Invalid);
    EXPECT_THAT(delivery.error().message, Not(HasSubstr(kCanary)));
    EXPECT_THAT(delivery.error().message, HasSubstr("expected "));
    EXPECT_LT(delivery.error().message.size(), 400u);
    return;
  }
  ++tally.values;
  EXPECT_FALSE(delivery->events.empty());
  for (const InboundEvent& event : delivery->events)
    if (const auto* ignored = std::get_if<Ignored>(&event)) {
      EXPECT_THAT(ignored->reason, Not(HasSubstr(kCanary)));
    }
}

// Calls `visit` with each value of the tree below `node`, which it may replace; of lists with the first two.
void EachValue(Node& node, const std::function<void(Node&)>& visit) {
  visit(node);
  for (Node::Member& member : node.members) EachValue(member.value, visit);
  for (std::size_t i = 0; i < node.items.size() && i < 2; ++i) EachValue(node.items[i], visit);
}

TEST(HostilePayloadTest, WhatIsInventedIsUnderstood) {
  for (const Fixture& fixture : Invented()) {
    auto delivery = Read(fixture.headers, fixture.body);
    ASSERT_TRUE(delivery) << fixture.id << ": " << delivery.error().message;
    for (const InboundEvent& event : delivery->events)
      EXPECT_FALSE(std::holds_alternative<Ignored>(event)) << fixture.id;
  }
}

TEST(HostilePayloadTest, EachValueReplacedByEachOther) {
  Tally tally;
  const std::vector<Node> replacements = Replacements();
  for (const Fixture& fixture : Seeds()) {
    auto root = doc::ParseJson(fixture.body);
    if (!root) continue;
    SCOPED_TRACE(fixture.id);
    EachValue(*root, [&](Node& value) {
      Node kept = std::move(value);
      for (const Node& replacement : replacements) {
        value = replacement;
        Check(fixture, doc::CanonicalJson(*root), tally);
      }
      value = std::move(kept);
    });
    if (HasFailure()) return;
  }
  EXPECT_GE(tally.values + tally.errors, 10'000);
  EXPECT_GE(tally.errors, 2'000);
  EXPECT_GE(tally.values, 2'000);
}

TEST(HostilePayloadTest, EachKeyLeftOut) {
  Tally tally;
  for (const Fixture& fixture : Seeds()) {
    auto root = doc::ParseJson(fixture.body);
    if (!root) continue;
    SCOPED_TRACE(fixture.id);
    EachValue(*root, [&](Node& value) {
      const std::vector<Node::Member> kept = value.members;
      for (std::size_t i = 0; i < kept.size(); ++i) {
        value.members.erase(value.members.begin() + static_cast<std::ptrdiff_t>(i));
        Check(fixture, doc::CanonicalJson(*root), tally);
        value.members = kept;
      }
    });
  }
  EXPECT_GE(tally.values + tally.errors, 1'000);
  EXPECT_GE(tally.errors, 100);
}

TEST(HostilePayloadTest, EachBodyCutShort) {
  Tally tally;
  for (const Fixture& fixture : Seeds())
    for (std::size_t part = 1; part < 32; ++part)
      Check(fixture, fixture.body.substr(0, fixture.body.size() * part / 32), tally);
  EXPECT_GE(tally.errors, 900);
}

TEST(HostilePayloadTest, HeadersOfOneWithTheBodyOfAnother) {
  Tally tally;
  const Headers github = {{"X-GitHub-Event", "push"}};
  const auto fixtures = Seeds();
  for (const Fixture& fixture : fixtures) {
    for (const Fixture& other : fixtures) Check(fixture, other.body, tally);
    auto delivery = Read(github, fixture.body);
    if (delivery) {
      EXPECT_EQ(delivery->vendor, "github") << fixture.id;
    }
  }
  EXPECT_EQ(tally.values + tally.errors, static_cast<int>(fixtures.size() * fixtures.size()));
}

// Nothing of the request in the answer: neither of broken JSON, nor a key, nor a header.
TEST(HostilePayloadTest, ErrorsRepeatNothing) {
  const std::string canary(kCanary);
  const Headers github = {{"X-GitHub-Event", "push"}};
  for (const std::string& body :
       {canary, "{\"" + canary + "\":1,\"" + canary + "\":2}", "{\"a\":" + canary + "}", "{\"" + canary + "\"",
        "[\"" + canary + "\"]", "{\"" + canary + "\":\"" + canary + "\"}", "\"" + canary + "\"", "\xff" + canary}) {
    EXPECT_THAT(ReadError(github, body), Not(HasSubstr(canary)));
    EXPECT_THAT(ReadError({}, body), Not(HasSubstr(canary)));
  }
  const auto delivery =
      Read({{"X-GitHub-Event", "<" + canary + ">"}, {"X-GitHub-Delivery", std::string(500, 'a')}}, "{}");
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->event, "");
  EXPECT_EQ(delivery->id, "");
  EXPECT_THAT(std::get<Ignored>(delivery->events.at(0)).reason, Not(HasSubstr(canary)));
}

TEST(HostilePayloadTest, ErrorsSayWhoWhereAndWhatIsRight) {
  const Headers github = {{"X-GitHub-Event", "push"}};
  EXPECT_EQ(
      ReadError(github, "{\n\"a\":}"),
      "github: the body at 2:5: expected JSON (RFC 8259) without a key twice, of at most 32 levels and 50000 values");
  EXPECT_EQ(ReadError(github, "[]"), "github: the payload: expected a mapping; it is a list");
  EXPECT_EQ(ReadError(github, R"({"ref": ["x"]})"),
            "github: ref: expected a text of 1 to 4096 bytes without control characters; it is a list");
  EXPECT_EQ(ReadError({}, R"({"image": "acme/Shop"})"),
            "generic: image: expected an image repository without tag, such as "
            "registry.example.com/team/shop in lower case; it is another text");
  EXPECT_THAT(ReadError({}, "{}"), HasSubstr("generic: the payload: expected the payload of a known vendor"));
}

// Each event has a copy of what all have in common, so that many of them would take far more memory than the body.
TEST(HostilePayloadTest, EventsAreBounded) {
  const auto repeat = [](const std::string& text, std::size_t times) {
    std::string list = text;
    while (--times > 0) list.append(",").append(text);
    return list;
  };
  const std::string change =
      R"({"ref":{"id":"refs/heads/main"},"type":"UPDATE","toHash":")" + std::string(40, 'a') + "\"}";
  const auto server = [&](std::size_t changes, std::size_t urls) {
    return R"({"eventKey":"repo:refs_changed","repository":{"slug":"s","project":{"key":"A"},"links":{"clone":[)" +
           repeat(R"({"href":"ssh://b/a"})", urls) + R"(]}},"changes":[)" + repeat(change, changes) + "]}";
  };
  const auto most = Read({}, server(kMostEvents, kMostUrls + 1));
  ASSERT_TRUE(most) << most.error().message;
  EXPECT_EQ(most->events.size(), kMostEvents);
  EXPECT_EQ(std::get<GitPushed>(most->events.front()).urls.size(), kMostUrls);
  EXPECT_EQ(ReadError({}, server(kMostEvents + 1, 1)),
            "bitbucket-server: changes: expected a list of at most 1000; it is a list");

  const std::size_t more = kMostEvents + 1;
  for (const std::string& body :
       {R"({"docker_url":"quay.io/a/b","updated_tags":[)" + repeat("\"1\"", more) + "]}",
        R"({"push":{"changes":[)" + repeat("{\"new\":null}", more) + R"(]},"repository":{"full_name":"a/b"}})",
        R"({"events":[)" + repeat(R"({"action":"pull"})", more) + "]}",
        R"({"event_type":"pushImage","events":[)" + repeat(R"({"full_name":"a/b","tag":"1"})", more) + "]}",
        R"({"type":"pushImage","event_data":{"repository":{"repo_full_name":"a/b"},"resources":[)" +
            repeat(R"({"tag":"1"})", more) + "]}}"})
    EXPECT_THAT(ReadError({}, body), HasSubstr("at most 1000")) << body.substr(0, 60);
}

// What is said once and kept with each change must not grow by their number.
TEST(HostilePayloadTest, ARepositoryOfManyChangesIsBounded) {
  const auto push = [](const std::string& slug) {
    std::string links, changes;
    for (int i = 0; i < 8; ++i) links += (i ? ",{\"href\":\"" : "{\"href\":\"") + std::string(4000, 'x') + "\"}";
    for (std::size_t i = 0; i < kMostEvents; ++i)
      changes +=
          (i ? "," : "") + (R"({"ref":{"id":"refs/heads/m"},"type":"ADD","toHash":")" + std::string(40, 'a')) + "\"}";
    return Read({{"X-Event-Key", "repo:refs_changed"}},
                R"({"repository":{"slug":")" + slug +
                    R"(","project":{"key":"ACME"},"links":{"clone":[{"href":"https://git.lan/scm/acme/shop.git"},)" +
                    links + R"(]}},"changes":[)" + changes + "]}");
  };
  const auto delivery = push("shop");
  ASSERT_TRUE(delivery) << delivery.error().message;
  ASSERT_EQ(delivery->events.size(), kMostEvents);
  EXPECT_EQ(std::get<GitPushed>(delivery->events.back()).urls,
            std::vector<std::string>{"https://git.lan/scm/acme/shop.git"});
  EXPECT_THAT(push(std::string(257, 's')).error().message, HasSubstr("repository.slug: expected at most 256 bytes"));
}

TEST(HostilePayloadTest, BodiesAreBounded) {
  const std::string huge = "{\"image\": \"nginx\", \"x\": \"" + std::string(1 << 20, 'x') + "\"}";
  EXPECT_EQ(ReadError({}, huge), "generic: the body: expected at most 1048576 bytes");
  EXPECT_THAT(ReadError({}, std::string(1 << 20, '[')), HasSubstr("at most 32 levels"));
  std::string many = "{\"image\": \"nginx\", \"x\": [1";
  for (int i = 0; i < 60'000; ++i) many += ",1";
  EXPECT_THAT(ReadError({}, many + "]}"), HasSubstr("50000 values"));
}

}  // namespace
}  // namespace tinyforge::inbound
