#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controller/trigger/service_fixture.h"

namespace tinyforge {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// --- in ---

TEST_F(TriggerServiceTest, ADeliveryIsAnsweredBeforeTheRegistryIsAskedAndEndsWhenItRuns) {
  SetPolicy();
  registry_.Hang("shop", true);
  service_->Start();
  const Delivery answer = service_->Accept(Push("auto", "1.5.0"));
  EXPECT_EQ(CountOutcomes(answer).pending, 1u);
  registry_.Hang("shop", false);
  Final(answer.id);
  EXPECT_EQ(facts_.Of("shop").versions.front().version.digest, Digest('5'));
  EXPECT_THAT(accepted_.Get(), Contains("shop"));
}

TEST_F(TriggerServiceTest, TenThousandDeliveriesWhileOneIsUnderWayAreOneMoreLookAndAllEnd) {
  SetPolicy();
  service_->Start();
  ASSERT_TRUE(AwaitAccepted(1));  // the look at the start
  registry_.Push("shop", "1.6.0", Digest('6'));
  const int before = registry_.calls("shop");
  registry_.Hang("shop", true);
  std::vector<std::string> ids = {service_->Accept(Push("auto", "1.6.0")).id};
  ASSERT_TRUE(registry_.AwaitCalls("shop", before + 1));
  for (int i = 0; i < 10'000; ++i) ids.push_back(service_->Accept(Push("auto", "1.6.0")).id);
  registry_.Hang("shop", false);
  for (const std::string& id : ids) Final(id);
  EXPECT_LE(registry_.calls("shop"), before + 4);  // the tags and the digest, twice
  EXPECT_TRUE(log_.kept.Until([&](const FakeDeliveryLog::Kept& k) {
    return k.deliveries.size() == ids.size() &&
           std::ranges::all_of(k.deliveries, [](const auto& d) { return d.second.ended != SysTime{}; });
  }));
  EXPECT_EQ(facts_.Of("shop").versions.front().version.tag, "1.6.0");
}

TEST_F(TriggerServiceTest, OneRegistryThatHangsDelaysNoOtherWorkload) {
  registry_.Hang("slow", true);
  Set(Manifest("Trigger", "name: auto", kHooksOnly) + ImageWorkload("shop") +
      ImageWorkload("late", "repository: slow, tag: \"1.0.0\"") + Bound("a", "auto", "late") +
      Bound("b", "auto", "shop"));
  service_->Start();
  const Delivery delivery = service_->Accept({.trigger = "auto", .cause = "webhook", .events = {Fired{}}});
  ASSERT_TRUE(AwaitAccepted(1));
  const Delivery now = *service_->desk().Find(delivery.id);
  EXPECT_EQ(now.outcomes[0].workload, "late");
  EXPECT_EQ(now.outcomes[0].result, DeliveryResult::Pending);
}

TEST_F(TriggerServiceTest, WhatFailsTouchesNoSiblingAndIsSaidAtItsBinding) {
  registry_.Fail("slow", Error{ErrorKind::Terminal, "no such host"});
  Set(Manifest("Trigger", "name: auto", kHooksOnly) + ImageWorkload("shop") +
      ImageWorkload("late", "repository: slow, tag: \"1.0.0\"") + Bound("a", "auto", "late") +
      Bound("b", "auto", "shop"));
  service_->Start();
  const Delivery delivery = service_->Accept({.trigger = "auto", .cause = "webhook", .events = {Fired{}}});
  EXPECT_THAT(Text(Final(delivery.id)), HasSubstr("a/late errored: no such host"));
  EXPECT_THAT(accepted_.Get(), ::testing::ElementsAre("shop"));
  const auto snapshot = config_.Current();
  const Finding finding = service_->JudgeBinding(*snapshot->objects->Find({Kind::Binding, "a"}), *snapshot);
  EXPECT_EQ(finding.reason, "SourceUnavailable");
  EXPECT_THAT(finding.message, HasSubstr("late: no such host"));
  EXPECT_EQ(service_->JudgeBinding(*snapshot->objects->Find({Kind::Binding, "b"}), *snapshot).reason, "Bound");
}

TEST_F(TriggerServiceTest, WhatAVendorRepeatsIsTheSameDelivery) {
  SetPolicy();
  bool repeated = false;
  const Delivery first = service_->Accept(Push("auto", "1.5.0", "v7"), &repeated);
  EXPECT_FALSE(repeated);
  EXPECT_EQ(service_->Accept(Push("auto", "1.5.0", "v7"), &repeated).id, first.id);
  EXPECT_TRUE(repeated);
  EXPECT_NE(service_->Accept(Push("auto", "1.5.0", "v8"), &repeated).id, first.id);
  EXPECT_FALSE(repeated);
}

TEST_F(TriggerServiceTest, UnderAPolicyAnEventIsSkipped) {
  Set(Manifest("Trigger", "name: auto", kHooksOnly) + Manifest("Trigger", "name: hand", "manual: {}") +
      ImageWorkload("shop") + Bound("b", "auto", "shop") + Bound("h", "hand", "shop"));
  service_->Start();
  EXPECT_THAT(Text(Final(service_->Accept(Push("hand", "1.4.2")).id)),
              HasSubstr("h/shop skipped: binding/b decides the version of workload/shop"));
}

TEST_F(TriggerServiceTest, ADeletedTriggerDropsWhatWaits) {
  SetManual();
  const Delivery queued = service_->Accept(Push("hand", "1.5.0"));  // nothing has begun
  Set(ImageWorkload("shop"));
  EXPECT_THAT(Text(Final(queued.id)), HasSubstr("skipped: binding/b does not bind it any more"));
  service_->Start();
  EXPECT_THAT(facts_.Of("shop").versions, IsEmpty());
}

TEST_F(TriggerServiceTest, WhatIsUnderWayWhenItsBindingGoesIsNotTriedAgain) {
  SetManual();
  service_->Start();
  registry_.Fail("shop", Error{ErrorKind::Transient, "503"});
  registry_.Hang("shop", true);
  const Delivery delivery = service_->Accept(Push("hand", "1.5.0"));
  ASSERT_TRUE(registry_.AwaitCalls("shop", 1));
  Set(ImageWorkload("shop"));
  registry_.Hang("shop", false);
  EXPECT_THAT(Text(Final(delivery.id)), HasSubstr("does not bind it any more"));
  EXPECT_EQ(registry_.calls("shop"), 1);
}

TEST_F(TriggerServiceTest, ABurstForWhatIsNotBoundEndsAtOnce) {
  Set(Manifest("Trigger", "name: hand", "manual: {}"));
  const Delivery delivery = service_->Accept(Push("hand", "1.5.0"));
  EXPECT_THAT(delivery.outcomes, IsEmpty());
  EXPECT_NE(delivery.ended, SysTime{});
}

TEST_F(TriggerServiceTest, AStopEndsWhatHangs) {
  SetPolicy();
  registry_.Hang("shop", true);
  service_->Start();
  service_->Accept(Push("auto", "1.5.0"));
  ASSERT_TRUE(registry_.AwaitCalls("shop", 1));
  service_->Stop();
  EXPECT_THAT(log_.kept.Get().deliveries, SizeIs(1));
}

// --- after a restart ---

Delivery Logged(const std::string& id, const std::string& trigger, DeliveryResult result, InboundEvent event) {
  Delivery delivery{.id = id, .trigger = trigger, .cause = "webhook", .events = {std::move(event)}};
  delivery.outcomes = {{.binding = "b", .workload = "shop", .result = result}};
  return delivery;
}

TEST_F(TriggerServiceTest, WhatWasNotBegunGoesOnAndTheNewestCounts) {
  log_.kept.Do([&](FakeDeliveryLog::Kept& k) {
    for (const auto& [id, tag] : {std::pair("0000000000000001", "1.5.0"), std::pair("0000000000000002", "1.4.2")})
      k.deliveries[id] = Logged(id, "hand", DeliveryResult::Pending,
                                ImagePushed{.host = "docker.io", .path = "library/shop", .tag = tag});
  });
  registry_.Hang("shop", true);
  service_->Start();  // before any revision is in force
  SetManual();
  ASSERT_TRUE(registry_.AwaitCalls("shop", 1));
  registry_.Hang("shop", false);
  EXPECT_TRUE(log_.kept.Until([](const FakeDeliveryLog::Kept& k) {
    return std::ranges::all_of(k.deliveries, [](const auto& d) { return d.second.ended != SysTime{}; });
  }));
  EXPECT_EQ(facts_.Of("shop").versions.back().version.tag, "1.4.2");
}

TEST_F(TriggerServiceTest, WhatWasNotFinishedIsFoundBehindAnyNumberOfPingsAndThoughALogFailsOnce) {
  log_.kept.Do([&](FakeDeliveryLog::Kept& k) {
    k.deliveries["0000000000000001"] = Logged("0000000000000001", "hand", DeliveryResult::Pending,
                                              ImagePushed{.host = "docker.io", .path = "library/shop", .tag = "1.5.0"});
    for (int i = 1000; i < 2000; ++i) {
      const std::string id = "000000000000" + std::to_string(i);
      k.deliveries[id] = Logged(id, "hand", DeliveryResult::NoMatch, Ignored{"a ping"});
    }
    k.reads_to_fail = 1;
  });
  SetManual();
  service_->Start();
  ASSERT_TRUE(log_.kept.Until(
      [](const FakeDeliveryLog::Kept& k) { return k.deliveries.at("0000000000000001").ended != SysTime{}; }));
  EXPECT_EQ(facts_.Of("shop").versions.back().version.tag, "1.5.0");
}

// T3: a delivery that makes the controller throw is in the log at every start, and harms nobody else.
TEST_F(TriggerServiceTest, APoisonDeliveryInTheLogHarmsNoOtherInTwentyRestarts) {
  service_->Stop();
  facts_.Throw("poison");
  for (int round = 1; round <= 20; ++round) {
    const std::string tag = "1.5." + std::to_string(round);
    registry_.Push("shop", tag, Digest('5'));
    const ImagePushed push{.host = "docker.io", .path = "library/shop", .tag = tag};
    log_.kept.Do([&](FakeDeliveryLog::Kept& k) {
      k.deliveries.clear();
      k.deliveries["0000000000000001"] = Logged("0000000000000001", "bad", DeliveryResult::Rolling, push);
      k.deliveries["0000000000000001"].outcomes = {
          {.binding = "b2", .workload = "poison", .result = DeliveryResult::Rolling}};
      k.deliveries["0000000000000002"] = Logged("0000000000000002", "hand", DeliveryResult::Pending, push);
    });
    Make();
    Set(Manifest("Trigger", "name: hand", "manual: {}") + Manifest("Trigger", "name: bad", "manual: {}") +
        ImageWorkload("shop") + ImageWorkload("poison") + Bound("b", "hand", "shop") + Bound("b2", "bad", "poison"));
    service_->Start();
    ASSERT_TRUE(log_.kept.Until([](const FakeDeliveryLog::Kept& k) {
      return std::ranges::all_of(k.deliveries, [](const auto& d) { return d.second.ended != SysTime{}; });
    })) << round;
    EXPECT_THAT(Text(Final("0000000000000001")), HasSubstr("errored: the controller failed: poison"));
    EXPECT_EQ(facts_.Of("shop").versions.back().version.tag, tag);
    service_->Stop();
  }
}

TEST_F(TriggerServiceTest, WhatWasBeingMadeAnewIsNotMadeAnewOnceMore) {
  const Remake remake{clock_.SystemNow() - seconds(5), "it was called"};
  facts_.Set("shop", [&](Facts& f) { f.remake = remake; });
  log_.kept.Do([&](FakeDeliveryLog::Kept& k) {
    k.deliveries["0000000000000001"] = Logged("0000000000000001", "hand", DeliveryResult::Rolling, Fired{});
  });
  service_->Start();
  SetManual();
  // The status may come before or after it is followed, and comes again.
  Awaited<bool> done;
  while (!done.Get()) {
    service_->OnStatus({Kind::Workload, "shop"}, RunsWhatItHas("shop"));
    if (service_->desk().Find("0000000000000001")->ended != SysTime{}) done.Do([](bool& d) { d = true; });
  }
  EXPECT_THAT(Text(Final("0000000000000001")), HasSubstr("deployed: made anew"));
  EXPECT_EQ(facts_.Of("shop").remake, remake);
}

TEST_F(TriggerServiceTest, AVersionThatAnEditEndedIsNotSetOnceMoreAfterARestart) {
  facts_.Set("shop", [&](Facts& f) {
    f.versions = {{.binding = "b", .version = {"1.5.0", Digest('5')}, .base = "shop:1.3.0", .at = clock_.SystemNow()}};
    f.remake = Remake{clock_.SystemNow(), "another delivery asked for it"};
  });
  log_.kept.Do([&](FakeDeliveryLog::Kept& k) {
    k.deliveries["0000000000000001"] = Logged("0000000000000001", "hand", DeliveryResult::Rolling,
                                              ImagePushed{.host = "docker.io", .path = "library/shop", .tag = "1.5.0"});
  });
  const Facts before = facts_.Of("shop");
  SetManual();  // 1.4.2 by now
  service_->Start();
  EXPECT_TRUE(log_.kept.Until(
      [](const FakeDeliveryLog::Kept& k) { return k.deliveries.at("0000000000000001").ended != SysTime{}; }));
  EXPECT_THAT(Text(Final("0000000000000001")), HasSubstr("skipped: overruled meanwhile"));
  EXPECT_EQ(facts_.Of("shop"), before);
  EXPECT_EQ(registry_.calls("shop"), 0);
}

TEST_F(TriggerServiceTest, ARolloutThatAnEditOverrulesEnds) {
  deploys_ = false;
  SetManual();
  service_->Start();
  const Delivery delivery = service_->Accept(Push("hand", "1.5.0"));
  ASSERT_TRUE(AwaitAccepted(1));
  service_->OnStatus({Kind::Workload, "shop"}, {});
  EXPECT_EQ(service_->desk().Find(delivery.id)->outcomes[0].result, DeliveryResult::Rolling);
  Set(Manifest("Trigger", "name: hand", "manual: {}") + ImageWorkload("shop", "repository: shop, tag: \"1.4.9\"") +
      Bound("b", "hand", "shop"));
  EXPECT_THAT(Text(Final(delivery.id)), HasSubstr("skipped: overruled meanwhile"));
}

TEST_F(TriggerServiceTest, WhatWaitsIsOverruledByALaterEdit) {
  SetManual();
  const Delivery queued = service_->Accept(Push("hand", "1.5.0"));  // nothing has begun
  Set(Manifest("Trigger", "name: hand", "manual: {}") + ImageWorkload("shop", "repository: shop, tag: \"1.4.9\"") +
      Bound("b", "hand", "shop"));
  service_->Start();
  EXPECT_THAT(Text(Final(queued.id)), HasSubstr("skipped: the manifest's version was edited meanwhile"));
  EXPECT_THAT(facts_.Of("shop").versions, IsEmpty());
}

TEST_F(TriggerServiceTest, WhatIsBoundNoMoreEndsAfterARestart) {
  log_.kept.Do([&](FakeDeliveryLog::Kept& k) {
    k.deliveries["0000000000000001"] = Logged("0000000000000001", "hand", DeliveryResult::Pending, Fired{});
  });
  Set(ImageWorkload("shop"));
  service_->Start();
  EXPECT_TRUE(log_.kept.Until(
      [](const FakeDeliveryLog::Kept& k) { return k.deliveries.at("0000000000000001").ended != SysTime{}; }));
}

// --- polls and revisions ---

TEST_F(TriggerServiceTest, AStartLooksAtEveryPolicyAlsoWhereOnlyWebhooksAreListenedTo) {
  SetPolicy(kHooksOnly);
  service_->Start();
  EXPECT_TRUE(AwaitAccepted(1));
  EXPECT_FALSE(Judge("auto").requeue_after);
}

TEST_F(TriggerServiceTest, APolicyThatWasEditedIsLookedAtAndOneThatWasNotIsLeftAlone) {
  SetPolicy(kHooksOnly);
  service_->Start();
  ASSERT_TRUE(AwaitAccepted(1));
  const int before = registry_.calls("shop");
  SetPolicy(kHooksOnly);
  SetPolicy("registry: {tagPolicy: {semver: \"<1.5.0\"}, pollInterval: 0s}");
  ASSERT_TRUE(AwaitAccepted(2));
  EXPECT_EQ(facts_.Of("shop").versions.back().version.tag, "1.4.2");
  EXPECT_LE(registry_.calls("shop"), before + 2);
}

TEST_F(TriggerServiceTest, APollComesWhenItsIntervalIsOverAndNotBefore) {
  SetPolicy(kPolicy);
  EXPECT_EQ(Judge("auto").requeue_after, minutes(5));
  service_->Start();
  ASSERT_TRUE(AwaitAccepted(1));
  clock_.Advance(minutes(4));
  registry_.Push("shop", "1.6.0", Digest('6'));
  const auto rest = Judge("auto").requeue_after;
  ASSERT_TRUE(rest);
  EXPECT_LE(*rest, minutes(1));
  EXPECT_GT(*rest, seconds(30));
  EXPECT_EQ(registry_.calls("shop"), 2);
  clock_.Advance(minutes(1));
  EXPECT_EQ(Judge("auto").requeue_after, minutes(5));
  ASSERT_TRUE(AwaitAccepted(2));
  EXPECT_EQ(facts_.Of("shop").versions.back().version.tag, "1.6.0");
}

TEST_F(TriggerServiceTest, ABindingMayAskForPollsMoreOften) {
  Set(Manifest("Trigger", "name: auto", kPolicy) + ImageWorkload("shop") +
      Bound("b", "auto", "shop", "overrides: {pollInterval: 1m}"));
  EXPECT_EQ(Judge("auto").requeue_after, minutes(1));
}

TEST_F(TriggerServiceTest, ABindingThatListensToWebhooksAloneIsNotPolledWithTheOthers) {
  Set(Manifest("Trigger", "name: auto", kPolicy) + ImageWorkload("shop") +
      ImageWorkload("late", "repository: late, tag: \"1.0.0\"") + Bound("b", "auto", "shop") +
      Bound("c", "auto", "late", "overrides: {pollInterval: 0s}"));
  registry_.Push("late", "1.0.0", Digest('1'));
  Judge("auto");
  service_->Start();
  ASSERT_TRUE(AwaitAccepted(2));
  const int before = registry_.calls("late");
  clock_.Advance(minutes(5));
  registry_.Push("shop", "1.6.0", Digest('6'));
  registry_.Push("late", "1.6.0", Digest('6'));
  EXPECT_EQ(Judge("auto").requeue_after, minutes(5));
  ASSERT_TRUE(AwaitAccepted(3));
  service_->Stop();
  EXPECT_EQ(registry_.calls("late"), before);
}

TEST_F(TriggerServiceTest, EachBindingIsPolledAtItsOwnInterval) {
  Set(Manifest("Trigger", "name: auto", kPolicy) + ImageWorkload("shop") +
      ImageWorkload("late", "repository: late, tag: \"1.0.0\"") + Bound("b", "auto", "shop") +
      Bound("c", "auto", "late", "overrides: {pollInterval: 1m}"));
  registry_.Push("late", "1.0.0", Digest('1'));
  EXPECT_EQ(Judge("auto").requeue_after, minutes(1));
  service_->Start();
  ASSERT_TRUE(AwaitAccepted(2));
  const int before = registry_.calls("shop");
  clock_.Advance(minutes(1));
  registry_.Push("late", "1.6.0", Digest('6'));
  Judge("auto");
  ASSERT_TRUE(AwaitAccepted(3));
  service_->Stop();
  EXPECT_EQ(registry_.calls("shop"), before);
}

// --- people ---

TEST_F(TriggerServiceTest, APersonFiresATriggerAndReplaysADelivery) {
  SetManual();
  service_->Start();
  const auto fired = service_->Fire("hand");
  ASSERT_TRUE(fired);
  EXPECT_THAT(Text(Final(fired->id)), HasSubstr("deployed: made anew"));
  EXPECT_EQ(service_->Fire("nobody").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(service_->Replay("nothing").error().kind, ErrorKind::NotFound);
  const auto again = service_->Replay(fired->id);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->replay_of, fired->id);
  EXPECT_NE(again->id, fired->id);
  Final(again->id);
}

TEST_F(TriggerServiceTest, AWorkloadIsLookedAtWhenItsPolicyIsGone) {
  service_->Start();
  SetPolicy();
  ASSERT_TRUE(AwaitAccepted(1));  // 1.5.0
  const auto accepted = [&] {
    std::vector<std::string> all;
    accepted_.Do([&](const auto& a) { all = a; });
    return all;
  };
  const std::string unbound = Manifest("Trigger", "name: auto", kHooksOnly) + ImageWorkload("shop");
  Set(unbound + ImageWorkload("other") + Bound("b", "auto", "shop"));
  EXPECT_THAT(accepted(), testing::ElementsAre("shop"));  // nothing that concerns it
  Set(unbound);
  EXPECT_THAT(accepted(), testing::ElementsAre("shop", "shop"));
}

TEST_F(TriggerServiceTest, APersonSetsAVersionWhereNoPolicyDecides) {
  SetManual();
  const auto told = service_->Deploy("shop", "1.5.0");
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_THAT(*told, HasSubstr("shop goes to 1.5.0@sha256:555555555555"));
  EXPECT_THAT(*service_->Deploy("shop", Digest('4')), HasSubstr("goes to sha256:444444444444"));
  EXPECT_THAT(*service_->Deploy("shop", ""), HasSubstr("shop is made anew"));
  EXPECT_THAT(service_->Deploy("shop", "9.9.9").error().message, HasSubstr("has no 9.9.9"));
  EXPECT_EQ(service_->Deploy("nobody", "1").error().kind, ErrorKind::NotFound);
  SetPolicy();
  EXPECT_THAT(service_->Deploy("shop", "1.4.2").error().message,
              AllOf(HasSubstr("binding/b decides"), HasSubstr("tfctl rollback shop")));
  EXPECT_TRUE(service_->Deploy("shop", ""));
}

TEST_F(TriggerServiceTest, AVersionThatIsNoneIsSaidAtOnce) {
  SetManual();
  const std::vector<std::string> none = {"-x", "a b", "1.5.0@", "@" + Digest('5'), "sha256:12", "1.5.0@md5:1", "x/y"};
  for (const std::string& text : none)
    EXPECT_EQ(service_->Deploy("shop", text).error().kind, ErrorKind::Invalid) << text;
  EXPECT_EQ(registry_.calls("shop"), 0);
  EXPECT_THAT(service_->Deploy("shop", "1.5.0@" + Digest('4')).error().message, HasSubstr("1.5.0 is sha256:5555"));
  EXPECT_TRUE(service_->Deploy("shop", "1.5.0@" + Digest('5')));
}

TEST_F(TriggerServiceTest, ADeployTellsWhatFailedAndEndsWithTheService) {
  SetManual();
  EXPECT_EQ(service_->Deploy("shop", "9.9.9").error().kind, ErrorKind::NotFound);
  registry_.Fail("shop", Error{ErrorKind::Transient, "503"});
  EXPECT_EQ(service_->Deploy("shop", "1.5.0").error().kind, ErrorKind::Transient);
  registry_.Fail("shop", std::nullopt);
  registry_.Hang("shop", true);
  const int calls = registry_.calls("shop");
  std::jthread person([&] { EXPECT_FALSE(service_->Deploy("shop", "1.4.2")); });
  ASSERT_TRUE(registry_.AwaitCalls("shop", calls + 1));
  service_->Stop();
}

class ServicesInDoubtTest : public TriggerServiceTest {
 protected:
  ServicesInDoubtTest() {
    tree_->files["compose.yaml"] = "services: {web: {image: 'shop:1.4.2'}}";
    tree_->failing = Error{ErrorKind::Transient, "too many open files"};
  }
  // A policy of a service whose compose files cannot be read.
  void SetInDoubt() {
    config_.Set(ParseManifests(Manifest("Trigger", "name: auto", kHooksOnly) +
                               Manifest("Workload", "name: shop", "source: {compose: {file: compose.yaml}}") +
                               Bound("b", "auto", "shop", "service: web")),
                tree_);
    service_->OnRevision();
    service_->Start();
  }
  const std::shared_ptr<FakeTree> tree_ = std::make_shared<FakeTree>();
};

TEST_F(ServicesInDoubtTest, WhatPassesIsLookedAtAgainOnceInAWhile) {
  SetInDoubt();
  EXPECT_EQ(Judge("auto").requeue_after, std::chrono::seconds(5));  // read again at once, and not for a while
  tree_->failing.reset();
  EXPECT_EQ(Judge("auto").requeue_after, std::chrono::seconds(5));
  EXPECT_TRUE(facts_.Of("shop.web").versions.empty());
  clock_.Advance(std::chrono::seconds(6));
  (void)Judge("auto");
  ASSERT_TRUE(AwaitAccepted(1));
  EXPECT_EQ(facts_.Of("shop.web").versions.at(0).version.tag, "1.5.0");
  EXPECT_EQ(Judge("auto").requeue_after, std::nullopt);
}

TEST_F(ServicesInDoubtTest, WhatWaitsForASecretIsLookedAtWhenSecretsChange) {
  tree_->failing = Error{ErrorKind::Waiting, "Secret shop has no key env"};
  SetInDoubt();
  EXPECT_EQ(Judge("auto").requeue_after, std::nullopt);
  tree_->failing.reset();
  service_->OnSecrets();
  ASSERT_TRUE(AwaitAccepted(1));
  EXPECT_EQ(facts_.Of("shop.web").versions.at(0).version.tag, "1.5.0");
}

}  // namespace
}  // namespace tinyforge
