// What a caller may make of a webhook: nothing without a secret, and with one no more than its trigger says. See the
// table of tests/unit/controller/serve/webhook_attack_test.cc.
#include "tests/unit/controller/trigger/hook_fixture.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HookAttackTest : public HookDoorTest {
 protected:
  static constexpr const char* kOther = "another-secret-of-32-bytes-in-URL";
  static constexpr const char* kGitHook =
      "git: {repository: acme/shop.web, branches: [main]}, webhook: {secretRef: {name: hooks, key: shop}}";

  void SetTwo() {
    secrets_.values[{"hooks", "other"}] = kOther;
    secrets_.values[{"hooks", "hmac2"}] = "what the other vendor signs with";
    Set(Manifest("Trigger", "name: push", kSignedHook) +
        Manifest("Trigger", "name: other",
                 "manual: {}, webhook: {secretRef: {name: hooks, key: other}, signature: {required: true, "
                 "secretRef: {name: hooks, key: hmac2}}}") +
        ImageWorkload("shop") + ImageWorkload("web") + Bound("b", "push", "shop") + Bound("o", "other", "web"));
  }
  static StringMap Signed(const std::string& key, const std::string& body) {
    return {{"X-Hub-Signature-256", "sha256=" + HmacSha256Hex(key, body)}};
  }
  static std::string Push(const std::string& repository, const std::string& ref) {
    return R"({"repository": ")" + repository + R"(", "ref": ")" + ref + R"("})";
  }
  std::size_t Matched(const serve::WebhookReceipt& receipt) { return CountOutcomes(receipt.delivery).pending; }
};

// T6
TEST_F(HookAttackTest, WithoutItsSecretOrSignatureACallWritesNothingAndAsksNobody) {
  SetHook(kSignedHook);
  ASSERT_TRUE(service_.desk().Flush());
  log_.kept.Do([](FakeDeliveryLog::Kept& kept) { kept.writes = 0; });
  const std::string body = R"({"image": "shop:1.5.0"})";
  const auto retired = ledger_.retired.size();
  EXPECT_EQ(Call("a-secret-that-nobody-has-given-out", body).code, Code::NotFound);
  EXPECT_EQ(Call(kSecret, body).code, Code::Unauthorized);
  EXPECT_EQ(Call(kSecret, body, Signed("what somebody else signs with", body)).code, Code::Unauthorized);
  EXPECT_EQ(Call(kSecret, "{", Signed(kSignatureSecret, "}")).code, Code::Unauthorized);
  EXPECT_FALSE(service_.desk().HasNews());
  ASSERT_TRUE(service_.desk().Flush());
  EXPECT_EQ(log_.kept.Get().writes, 0);
  EXPECT_THAT(*store_.Events({}), IsEmpty());
  EXPECT_EQ(registry_.calls("shop"), 0);
  EXPECT_THAT(facts_.Of("shop").versions, IsEmpty());
  EXPECT_THAT(ledger_.retired, SizeIs(retired));
}

// T6: where an image or a repository comes from is said by the trigger and its workloads alone.
TEST_F(HookAttackTest, APayloadSelectsNoImageAndNoRepositoryOfItsOwn) {
  SetHook();
  for (const char* image : {"evil.example.com/shop:1.5.0", "evil.example.com/library/shop:1.5.0", "shopx:1.5.0",
                            "library/shop/x:1.5.0", "localhost:5000/shop:1.5.0"}) {
    const auto receipt = Call(kSecret, R"({"image": ")" + std::string(image) + R"("})");
    EXPECT_EQ(receipt.code, Code::Accepted) << image;
    EXPECT_EQ(Matched(receipt), 0u) << image;
    ASSERT_THAT(receipt.delivery.outcomes, SizeIs(1)) << "what is bound, whatever was said";
  }
  EXPECT_EQ(Matched(Call(kSecret, R"({"image": "shop:1.5.0"})")), 1u);
  SetHook(kGitHook);
  EXPECT_EQ(Matched(Call(kSecret, Push("https://evil.example.com/x/acme/shop.web.git", "refs/heads/main"))), 0u);
  EXPECT_EQ(Matched(Call(kSecret, Push("acme/shop.web", "refs/heads/main"))), 1u);
}

// T7
TEST_F(HookAttackTest, NamesOfAPayloadAreNoPatterns) {
  SetHook(kGitHook);
  for (const char* repository : {".*", "acme/.*", "acme/*", "acme/shop?web", "acme/shop[.]web", "^acme/shop.web$",
                                 "acme/shopxweb", "(acme|x)/shop.web", "acme/shop.web|", "(a+)+$", "acme/**"})
    EXPECT_EQ(Matched(Call(kSecret, Push(repository, "refs/heads/main"))), 0u) << repository;
  for (const char* ref :
       {"refs/heads/*", "refs/heads/.*", "refs/heads/m?in", "refs/heads/[m]ain", "refs/heads/{main,x}", "*"})
    EXPECT_EQ(Matched(Call(kSecret, Push("acme/shop.web", ref))), 0u) << ref;
  SetHook();
  for (const char* image : {"*:1.5.0", ".*:1.5.0", "sho?:1.5.0", "[s]hop:1.5.0", "library/*:1.5.0"})
    EXPECT_EQ(Matched(Call(kSecret, R"({"image": ")" + std::string(image) + R"("})")), 0u) << image;
}

// T8
TEST_F(HookAttackTest, ASecretFiresItsOwnTriggerAndSignsForNoOther) {
  SetTwo();
  const std::string body = R"({"image": "shop:1.5.0"})";
  const std::string second = "what the other vendor signs with";
  const auto first = Call(kSecret, body, Signed(kSignatureSecret, body));
  EXPECT_EQ(first.delivery.trigger, "push");
  ASSERT_THAT(first.delivery.outcomes, SizeIs(1));
  EXPECT_EQ(first.delivery.outcomes.front().workload, "shop");
  EXPECT_EQ(Call(kOther, body, Signed(second, body)).delivery.trigger, "other");
  EXPECT_EQ(Call(kSecret, body, Signed(second, body)).code, Code::Unauthorized);
  EXPECT_EQ(Call(kOther, body, Signed(kSignatureSecret, body)).code, Code::Unauthorized);
  for (const std::string& mixed : {kSignatureSecret, second, kSecret + kOther, kSecret + "/" + kOther})
    EXPECT_EQ(Call(mixed, body, Signed(kSignatureSecret, body)).code, Code::NotFound);
  // A vendor's id that one trigger has seen is news to the other.
  StringMap headers = Signed(kSignatureSecret, body);
  headers["X-GitHub-Event"] = "star", headers["X-GitHub-Delivery"] = "guid-1";
  const auto one = Call(kSecret, body, headers);
  headers["X-Hub-Signature-256"] = Signed(second, body)["X-Hub-Signature-256"];
  const auto two = Call(kOther, body, headers);
  EXPECT_FALSE(two.repeated);
  EXPECT_EQ(two.delivery.trigger, "other");
}

// T8: who says to be a vendor is read as that vendor, and not as another when that fails.
TEST_F(HookAttackTest, APayloadIsReadAsTheVendorThatTheHeaderNames) {
  SetHook();
  const std::string generic = R"({"image": "shop:1.5.0"})";
  for (const auto& [header, event] :
       {std::pair("X-GitHub-Event", "push"), std::pair("X-Gitea-Event", "push"),
        std::pair("X-Gitlab-Event", "Push Hook"), std::pair("X-Event-Key", "repo:push")}) {
    const auto receipt = Call(kSecret, generic, {{header, event}});
    EXPECT_EQ(receipt.code, Code::Invalid) << header;
  }
}

TEST_F(HookAttackTest, MorePushesThanTheirQueueHoldsAreAskedToComeBack) {
  SetHook(
      "git: {repository: acme/shop, branches: [main], imageTag: GitSha}, "
      "webhook: {secretRef: {name: hooks, key: shop}}");
  const std::string push = R"({"ref": "refs/heads/main", "after": ")" + std::string(40, 'a') +
                           R"(", "repository": {"full_name": "acme/shop"}})";
  const auto call = [&] { return Call(kSecret, push, {{"X-GitHub-Event", "push"}}); };
  for (std::size_t i = 0; i <= kPushesHeld; ++i) ASSERT_EQ(call().code, Code::Accepted);
  EXPECT_EQ(call().code, Code::Busy);
  EXPECT_EQ(call().reason, "Overloaded");
}

}  // namespace
}  // namespace tinyforge
