#include "tests/unit/controller/trigger/hook_fixture.h"

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;
TEST_F(HookDoorTest, BeforeAnyRevisionEveryCallIsToComeBack) {
  door_->Refresh();
  EXPECT_TRUE(door_->Knows(kSecret));
  EXPECT_EQ(Call(kSecret).code, Code::Busy);
  EXPECT_EQ(Call("another-secret-of-nobody").code, Code::Busy);
  EXPECT_THAT(door_->ProblemOf("push"), IsEmpty());
  Set(ImageWorkload("shop"));
  EXPECT_FALSE(door_->Knows(kSecret));
  EXPECT_EQ(Call(kSecret).code, Code::NotFound);
}

TEST_F(HookDoorTest, ASecretOpensItsTriggerAloneAndNothingElseDoes) {
  SetHook();
  EXPECT_TRUE(door_->Knows(kSecret));
  const serve::WebhookReceipt receipt = Call(kSecret);
  EXPECT_EQ(receipt.code, Code::Accepted);
  EXPECT_EQ(receipt.delivery.trigger, "push");
  EXPECT_EQ(receipt.delivery.source, "192.0.2.1");
  EXPECT_THAT(receipt.delivery.outcomes, SizeIs(1));
  for (const std::string& wrong :
       {std::string(), kSecret + "x", kSecret.substr(1), std::string("push"), kSecret + "\n"}) {
    EXPECT_FALSE(door_->Knows(wrong)) << wrong;
    EXPECT_EQ(Call(wrong).code, Code::NotFound) << wrong;
  }
}

TEST_F(HookDoorTest, ADeliveryShowsNoSecretAndOfTheHeadersWhatExplainsIt) {
  SetHook();
  const Delivery delivery =
      Call(kSecret, R"({"zen": "x"})",
           {{"X-GitHub-Event", "ping"}, {"authorization", "Bearer x"}, {"User-Agent", "curl\r\n\x1b[1m"}})
          .delivery;
  EXPECT_THAT(delivery.headers, AllOf(Contains(Key("X-GitHub-Event")), Not(Contains(Key("Authorization")))));
  EXPECT_THAT(delivery.headers.at("User-Agent"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(delivery.secret, SizeIs(8));
  EXPECT_THAT(kSecret, Not(HasSubstr(delivery.secret)));
}

TEST_F(HookDoorTest, ATriggerThatIsGoneUnboundOrDisabledAnswersLikeAnUnknownOne) {
  SetHook();
  Set(Manifest("Trigger", "name: push", kHook) + ImageWorkload("shop") + Bound("b", "push", "shop", "enabled: false"));
  EXPECT_EQ(Call(kSecret).code, Code::NotFound);
  SetHook();
  EXPECT_EQ(Call(kSecret).code, Code::Accepted);
  Set(ImageWorkload("shop"));
  EXPECT_EQ(Call(kSecret).code, Code::NotFound);
  EXPECT_FALSE(door_->Knows(kSecret));
}

TEST_F(HookDoorTest, SecretsThatCanBeGuessedOrStandInNoUrlAreRefused) {
  SetHook();
  SetSecret("fifteen-bytes-x");
  EXPECT_THAT(door_->ProblemOf("push"), HasSubstr("secret hooks/shop is shorter than 16 bytes"));
  EXPECT_FALSE(door_->Knows("fifteen-bytes-x"));
  SetSecret("");
  EXPECT_THAT(door_->ProblemOf("push"), HasSubstr("shorter than 16 bytes"));
  EXPECT_FALSE(door_->Knows(""));
  for (const char* bad : {"sixteen bytes, and a space", "sixteen/bytes/and/more", "sixteen%20bytes-and-more",
                          "sixteen-bytes-and-\xc3\xa4", "sixteen-bytes\n-and-more"}) {
    SetSecret(bad);
    EXPECT_THAT(door_->ProblemOf("push"), HasSubstr("cannot stand in a URL")) << bad;
    EXPECT_FALSE(door_->Knows(bad));
  }
  SetSecret(std::string(513, 'a'));
  EXPECT_THAT(door_->ProblemOf("push"), HasSubstr("longer than 512 bytes"));
  SetSecret(kSecret + "\r\n");
  EXPECT_THAT(door_->ProblemOf("push"), IsEmpty());
  EXPECT_TRUE(door_->Knows(kSecret));
  secrets_.values.erase({"hooks", "shop"});
  door_->Refresh();
  EXPECT_THAT(door_->ProblemOf("push"), HasSubstr("spec.webhook: Secret hooks has no key shop"));
  EXPECT_FALSE(door_->Knows(kSecret));
}

TEST_F(HookDoorTest, OneSecretIsNotForTwo) {
  secrets_.values[{"hooks", "other"}] = kSecret;
  Set(Manifest("Trigger", "name: a", kHook) +
      Manifest("Trigger", "name: b", "manual: {}, webhook: {secretRef: {name: hooks, key: other}}") +
      ImageWorkload("shop") + Bound("x", "a", "shop") + Bound("y", "b", "shop"));
  EXPECT_EQ(Call(kSecret).delivery.trigger, "a");
  EXPECT_THAT(door_->ProblemOf("b"), HasSubstr("secret hooks/other is that of trigger/a as well"));
}

TEST_F(HookDoorTest, WhereASignatureIsRequiredNothingIsReadWithoutARightOne) {
  SetHook(kSignedHook);
  const std::string body = R"({"image": "shop:1.5.0"})";
  const std::string right = "sha256=" + HmacSha256Hex(kSignatureSecret, body);
  EXPECT_EQ(Call(kSecret, body).code, Code::Unauthorized);
  EXPECT_EQ(Call(kSecret, "not even JSON").code, Code::Unauthorized);
  EXPECT_EQ(Call(kSecret, body, {{"X-Hub-Signature-256", "sha256=" + std::string(64, '0')}}).code, Code::Unauthorized);
  EXPECT_EQ(Call(kSecret, body + " ", {{"X-Hub-Signature-256", right}}).code, Code::Unauthorized);
  const std::string by_nothing = "sha256=" + HmacSha256Hex("", body);
  EXPECT_EQ(Call(kSecret, body, {{"X-Hub-Signature-256", by_nothing}}).code, Code::Unauthorized);
  EXPECT_THAT(log_.kept.Get().deliveries, IsEmpty());
  EXPECT_FALSE(service_.desk().HasNews());
  EXPECT_EQ(Call(kSecret, body, {{"x-hub-signature-256", right}}).code, Code::Accepted);
  EXPECT_EQ(Call("another-secret-of-nobody", body, {{"X-Hub-Signature-256", right}}).code, Code::NotFound);
}

TEST_F(HookDoorTest, WhereOneMayBeGivenAWrongOneIsRefused) {
  SetHook(kMaySignHook);
  EXPECT_EQ(Call(kSecret).code, Code::Accepted);
  EXPECT_EQ(Call(kSecret, "", {{"X-Hub-Signature-256", "sha256=00"}}).code, Code::Unauthorized);
}

TEST_F(HookDoorTest, AShortSignatureSecretClosesTheDoor) {
  secrets_.values[{"hooks", "hmac"}] = "short";
  SetHook(kSignedHook);
  EXPECT_THAT(door_->ProblemOf("push"), HasSubstr("signature: secret hooks/hmac is shorter than 16 bytes"));
  EXPECT_EQ(Call(kSecret).code, Code::NotFound);
}

TEST_F(HookDoorTest, TheSecretOfTheUrlSignsNothing) {
  SetHook(
      "manual: {}, webhook: {secretRef: {name: hooks, key: shop}, signature: {required: true, "
      "secretRef: {name: hooks, key: shop}}}");
  EXPECT_THAT(door_->ProblemOf("push"), HasSubstr("secret hooks/shop is in the URL and cannot sign too"));
  EXPECT_FALSE(door_->Knows(kSecret));
}

TEST_F(HookDoorTest, APayloadThatIsNotWhatItsVendorSendsIsInvalidAndNoDelivery) {
  SetHook();
  const serve::WebhookReceipt receipt =
      Call(kSecret, "{", {{"X-GitHub-Event", "push"}, {"Content-Type", "application/json"}});
  EXPECT_EQ(receipt.code, Code::Invalid);
  EXPECT_EQ(receipt.reason, "InvalidPayload");
  EXPECT_FALSE(service_.desk().HasNews());
}

TEST_F(HookDoorTest, WhatAVendorRepeatsIsSaidToBe) {
  SetHook();
  const StringMap pushed = {{"X-GitHub-Event", "package"}, {"X-GitHub-Delivery", "guid-1"}};
  const std::string body =
      R"({"action": "published", "package": {"name": "shop", "namespace": "library", "package_type": "CONTAINER",
          "package_version": {"container_metadata": {"tag": {"name": "1.5.0", "digest": ""}},
                              "package_url": "docker.io/library/shop:1.5.0"}}})";
  const auto first = Call(kSecret, body, pushed);
  ASSERT_EQ(first.code, Code::Accepted) << first.message;
  ASSERT_EQ(CountOutcomes(first.delivery).pending, 1u);
  EXPECT_FALSE(first.repeated);
  const auto again = Call(kSecret, body, pushed);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.delivery.id, first.delivery.id);
  const StringMap star = {{"X-GitHub-Event", "star"}, {"X-GitHub-Delivery", "guid-2"}};
  const auto ignored = Call(kSecret, R"({"action": "created"})", star);
  EXPECT_EQ(ignored.code, Code::Accepted);
  EXPECT_FALSE(Call(kSecret, R"({"action": "created"})", star).repeated) << "it did nothing";
}

TEST_F(HookDoorTest, WhatIsTooMuchToHoldIsToComeBack) {
  SetHook();
  Delivery large{.trigger = "push", .cause = "tfctl fire", .outcomes = {{.binding = "b", .workload = "shop"}}};
  large.headers["X"] = std::string(kLiveBytes - SizeOf(large) - 200, 'x');
  const std::string id = service_.desk().Open(large).id;
  const auto refused = Call(kSecret, R"({"image": "shop:1.5.0"})");
  EXPECT_EQ(refused.code, Code::Busy);
  EXPECT_EQ(refused.reason, "Overloaded");
  service_.desk().Settle({{id, 0}}, DeliveryResult::Deployed, "runs");
  EXPECT_EQ(Call(kSecret, R"({"image": "shop:1.5.0"})").code, Code::Accepted);
}

TEST_F(HookDoorTest, WhatOneCallBringsIsBounded) {
  SetHook();
  const auto pushed = [&](std::size_t name) {
    const std::string change =
        R"({"new": {"type": "branch", "name": "m", "target": {"hash": ")" + std::string(40, 'a') + R"("}}})";
    std::string changes = change;
    for (int i = 1; i < 1000; ++i) changes += "," + change;
    return Call(kSecret,
                R"({"repository": {"full_name": "acme/)" + std::string(name, 's') + R"("}, "push": {"changes": [)" +
                    changes + "]}}",
                {{"X-Event-Key", "repo:push"}});
  };
  const serve::WebhookReceipt accepted = pushed(100);
  EXPECT_EQ(accepted.code, Code::Accepted) << accepted.message;
  const serve::WebhookReceipt refused = pushed(2000);
  EXPECT_EQ(refused.code, Code::Invalid);
  EXPECT_THAT(refused.message, HasSubstr("expected less than 1.5 MiB"));
}

// --- rotation ---

TEST_F(HookDoorTest, AnOldSecretIsHonouredForADayAlsoAfterARestart) {
  SetHook();
  const auto rotated = door_->Rotate("push");
  ASSERT_TRUE(rotated);
  EXPECT_EQ(rotated->file, "/secrets/shop");
  const std::string fresh = secrets_.values[{"hooks", "shop"}];
  EXPECT_NE(fresh, kSecret);
  EXPECT_GE(fresh.size(), 43u);
  EXPECT_TRUE(door_->Knows(fresh));
  EXPECT_EQ(Call(fresh).delivery.secret, rotated->fingerprint);
  EXPECT_TRUE(door_->Knows(kSecret));
  EXPECT_EQ(Call(kSecret).delivery.trigger, "push");
  ASSERT_THAT(ledger_.retired, SizeIs(1));
  EXPECT_THAT(ledger_.retired.front().digest, Not(HasSubstr(kSecret)));
  clock_.Advance(std::chrono::hours(23));
  Open();
  EXPECT_TRUE(door_->Knows(kSecret));
  clock_.Advance(std::chrono::hours(2));
  EXPECT_FALSE(door_->Knows(kSecret));
  EXPECT_EQ(Call(kSecret).code, Code::NotFound);
  EXPECT_TRUE(door_->Knows(fresh));
  Open();
  EXPECT_FALSE(door_->Knows(kSecret));
}

TEST_F(HookDoorTest, AnOldSecretNeedsTheSignatureThatTheNewOneDoes) {
  SetHook(kSignedHook);
  ASSERT_TRUE(door_->Rotate("push"));
  EXPECT_EQ(Call(kSecret).code, Code::Unauthorized);
}

TEST_F(HookDoorTest, AnOldSecretGoesWithItsTrigger) {
  SetHook();
  ASSERT_TRUE(door_->Rotate("push"));
  Set(ImageWorkload("shop"));
  EXPECT_FALSE(door_->Knows(kSecret));
}

TEST_F(HookDoorTest, ARotationBreaksNothingWhenItCannotBeFinished) {
  SetHook();
  ledger_.fail = true;
  EXPECT_FALSE(door_->Rotate("push"));
  EXPECT_EQ((secrets_.values[{"hooks", "shop"}]), kSecret + "\n");
  ledger_.fail = false;
  read_only_ = true;
  EXPECT_FALSE(door_->Rotate("push"));
  EXPECT_TRUE(door_->Knows(kSecret));
  clock_.Advance(std::chrono::hours(12));
  read_only_ = false;
  ASSERT_TRUE(door_->Rotate("push"));
  EXPECT_THAT(ledger_.retired, SizeIs(1));
  clock_.Advance(std::chrono::hours(20));
  door_->Refresh();
  EXPECT_TRUE(door_->Knows(kSecret));  // a day from when it was replaced
}

TEST_F(HookDoorTest, AnOldSecretIsHonouredWhereItIsNotKnownWhetherItWasReplaced) {
  SetHook();
  fail_replaced_ = true;
  EXPECT_FALSE(door_->Rotate("push"));
  EXPECT_NE((secrets_.values[{"hooks", "shop"}]), kSecret + "\n");
  EXPECT_THAT(ledger_.retired, SizeIs(1));
  EXPECT_TRUE(door_->Knows(kSecret));
  EXPECT_TRUE(door_->Knows(secrets_.values[{"hooks", "shop"}]));
}

TEST_F(HookDoorTest, WhatCouldBeGuessedIsNotHonouredAfterItWasReplaced) {
  SetHook();
  SetSecret("short");
  ASSERT_TRUE(door_->Rotate("push"));
  EXPECT_FALSE(door_->Knows("short"));
  EXPECT_THAT(door_->ProblemOf("push"), IsEmpty());
}

TEST_F(HookDoorTest, ASecondRotationEndsWhatTheFirstReplaced) {
  SetHook();
  ASSERT_TRUE(door_->Rotate("push"));
  const std::string second = secrets_.values[{"hooks", "shop"}];
  const auto again = door_->Rotate("push");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->ended, clock_.SystemNow() + std::chrono::hours(24)) << "it is said";
  EXPECT_FALSE(door_->Knows(kSecret));
  EXPECT_TRUE(door_->Knows(second));
  EXPECT_TRUE(door_->Knows(secrets_.values[{"hooks", "shop"}]));
}

TEST_F(HookDoorTest, AGraceMayBeGivenAndNoneRevokesAtOnce) {
  SetHook();
  const auto first = door_->Rotate("push", std::chrono::minutes(15));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->old_until, clock_.SystemNow() + std::chrono::minutes(15));
  EXPECT_EQ(first->ended, SysTime{});
  EXPECT_TRUE(door_->Knows(kSecret));
  const std::string second = secrets_.values[{"hooks", "shop"}];
  const auto revoked = door_->Rotate("push", Duration(0));
  ASSERT_TRUE(revoked);
  EXPECT_EQ(revoked->old_until, SysTime{});
  EXPECT_EQ(revoked->ended, first->old_until);
  EXPECT_FALSE(door_->Knows(kSecret));
  EXPECT_FALSE(door_->Knows(second));
  EXPECT_THAT(ledger_.retired, IsEmpty());
  EXPECT_TRUE(door_->Knows(secrets_.values[{"hooks", "shop"}]));
  EXPECT_EQ(door_->Rotate("push", std::chrono::hours(721)).error().kind, ErrorKind::Invalid);
  Open();
  EXPECT_FALSE(door_->Knows(second));
}

TEST_F(HookDoorTest, WhatHasNoWebhookHasNothingToRotate) {
  SetHook("manual: {}");
  EXPECT_THAT(door_->Rotate("push").error().message, HasSubstr("trigger/push has no spec.webhook"));
  EXPECT_EQ(door_->Rotate("nobody").error().kind, ErrorKind::NotFound);
  EXPECT_THAT(door_->ProblemOf("push"), IsEmpty());
}

}  // namespace
}  // namespace tinyforge
