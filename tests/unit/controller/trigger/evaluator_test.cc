#include "controller/trigger/evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_registry.h"
#include "tests/fakes/fake_store.h"
#include "tests/fakes/fake_tree.h"
#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Act = DeploymentIntent::Act;

class EvaluatorTest : public ::testing::Test {
 protected:
  EvaluatorTest() {
    registry_.Push("shop", "1.4.2", Digest('4'));
    registry_.Push("shop", "1.5.0", Digest('5'));
  }
  void Set(const std::string& manifests) {
    config_.Set(ParseManifests(manifests));
    table_ = routes_.Of(*config_.Current());
    EXPECT_THAT(table_->problems, IsEmpty());
  }
  // One workload under a policy.
  void SetPolicy(const std::string& policy = kPolicy) {
    Set(Manifest("Trigger", "name: auto", policy) + ImageWorkload("shop") + Bound("b", "auto", "shop"));
  }
  void SetEvents(const std::string& image = "repository: shop, tag: \"1.4.2\"") {
    Set(Manifest("Trigger", "name: hand", "manual: {}") + ImageWorkload("shop", image) + Bound("b", "hand", "shop"));
  }
  Job JobOf(const std::string& trigger, Act act = Act::Evaluate, ImageVersion version = {}) {
    Job job{.route = table_->by_trigger.at(trigger).front(), .since = clock_.Now()};
    job.intent = {.act = act, .version = std::move(version), .reason = "because"};
    return job;
  }
  Job Asked(Job job) {
    job.delivery = "d1";
    job.tickets = {{"d1", 0}};
    return job;
  }
  JobResult Look(const Job& job) {
    clock_.Advance(std::chrono::milliseconds(10));
    last_ = evaluator_.Evaluate(job, {});
    clock_.Advance(std::chrono::milliseconds(10));
    return last_.result;
  }
  Facts Kept(const std::string& workload = "shop") { return facts_.Of(workload); }

  FakeClock clock_;
  FakeConfigReader config_;
  FakeSecrets no_secrets_;
  RouteBook routes_{"", no_secrets_};
  LockedFacts facts_;
  FakeStore store_;
  FakeRegistry registry_;
  RegistryMemo memo_{registry_, clock_};
  FakeSecrets secrets_;
  StatusBoard statuses_;
  Evaluator evaluator_{{config_, routes_, facts_, store_, memo_, secrets_, clock_, statuses_}};
  std::shared_ptr<const RouteTable> table_;
  Evaluated last_;
};

// --- policies ---

TEST_F(EvaluatorTest, APolicyAcceptsTheBestTagWithTheDigestThatTheRegistrySays) {
  SetPolicy();
  const JobResult result = Look(Asked(JobOf("auto")));
  EXPECT_EQ(result.result, DeliveryResult::Rolling);
  ASSERT_THAT(Kept().versions, SizeIs(1));
  const TriggeredVersion version = Kept().versions.front();
  EXPECT_EQ(version.version, (ImageVersion{"1.5.0", Digest('5')}));
  EXPECT_EQ(version.binding, "b");
  EXPECT_EQ(version.delivery, "d1");
  EXPECT_EQ(version.base, "shop:1.4.2");
  EXPECT_TRUE(version.policy);
  EXPECT_EQ(last_.goal->version, version.version);
}

TEST_F(EvaluatorTest, TheSameAnswerAgainChangesNothing) {
  SetPolicy();
  Look(JobOf("auto"));
  const Facts before = Kept();
  const JobResult result = Look(JobOf("auto"));
  EXPECT_EQ(result.result, DeliveryResult::Skipped);
  EXPECT_THAT(result.message, HasSubstr("1.5.0@sha256:555555555555 is what it has already"));
  EXPECT_EQ(Kept(), before);
  EXPECT_FALSE(last_.goal);
}

TEST_F(EvaluatorTest, ATagThatMovedIsAnotherVersion) {
  SetPolicy();
  Look(JobOf("auto"));
  registry_.Push("shop", "1.5.0", Digest('6'));
  EXPECT_EQ(Look(JobOf("auto")).result, DeliveryResult::Rolling);
  ASSERT_THAT(Kept().versions, SizeIs(1));
  EXPECT_EQ(Kept().versions.front().version.digest, Digest('6'));
}

TEST_F(EvaluatorTest, WhatIsExcludedIsPassedOverUntilANewerOneAppears) {
  SetPolicy();
  facts_.Set("shop", [](Facts& f) { f.excluded = {{{"1.5.0", Digest('5')}, "it was rolled back", {}}}; });
  const JobResult result = Look(JobOf("auto"));
  EXPECT_EQ(result.result, DeliveryResult::Skipped);
  EXPECT_THAT(result.message, HasSubstr("is passed over: it was rolled back"));
  EXPECT_THAT(Kept().versions, IsEmpty());
  registry_.Push("shop", "1.6.0", Digest('6'));
  EXPECT_EQ(Look(JobOf("auto")).result, DeliveryResult::Rolling);
}

TEST_F(EvaluatorTest, WhatAPinOrAPersonHoldsBackIsKeptForLater) {
  SetPolicy();
  facts_.Set("shop", [](Facts& f) { f.pin = Pin{"shop:1.3.0", "1.3.0", "shop:1.4.2", {}}; });
  EXPECT_THAT(Look(JobOf("auto")).message, HasSubstr("kept for later: the workload is pinned to 1.3.0"));
  EXPECT_THAT(Kept().versions, SizeIs(1));
  facts_.Set("shop", [](Facts& f) { f = {.suspended = true}; });
  EXPECT_THAT(Look(JobOf("auto")).message, HasSubstr("suspended"));
  facts_.Set("shop", [](Facts& f) { f = {.stopped = true}; });
  EXPECT_EQ(Look(JobOf("auto")).result, DeliveryResult::Skipped);
  EXPECT_THAT(Kept().versions, SizeIs(1));
}

TEST_F(EvaluatorTest, ARegistryThatFailsIsAskedAgainEverLaterForWhoWaits) {
  SetPolicy();
  registry_.Fail("shop", Error{ErrorKind::Transient, "503"});
  Job job = Asked(JobOf("auto"));
  std::vector<std::int64_t> pauses;
  for (job.attempt = 0; job.attempt < 8; ++job.attempt) {
    const JobResult result = Look(job);
    ASSERT_EQ(result.result, DeliveryResult::Pending);
    pauses.push_back(result.again->count());
  }
  EXPECT_THAT(pauses, ::testing::ElementsAre(2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000));
  job.attempt = 40;
  EXPECT_EQ(Look(job).result, DeliveryResult::Errored);
  registry_.PauseFor(std::chrono::minutes(7));
  job.attempt = 0;
  EXPECT_EQ(Look(job).again, std::chrono::minutes(7));
}

TEST_F(EvaluatorTest, WhatNoOneMendsIsAnErrorAtOnce) {
  SetPolicy();
  registry_.Fail("shop", Error{ErrorKind::Invalid, "no such name"});
  EXPECT_EQ(Look(Asked(JobOf("auto"))).result, DeliveryResult::Errored);
}

TEST_F(EvaluatorTest, APollThatFailsWaitsForTheNextOneAndWithoutPollsItIsTriedAgain) {
  registry_.Fail("shop", Error{ErrorKind::Transient, "503"});
  SetPolicy();
  EXPECT_EQ(Look(JobOf("auto")).result, DeliveryResult::Errored);
  EXPECT_FALSE(last_.result.again);
  SetPolicy("registry: {tagPolicy: {semver: \">=1.0.0\"}, pollInterval: 0s}");
  EXPECT_EQ(Look(JobOf("auto")).result, DeliveryResult::Pending);
  EXPECT_TRUE(last_.result.again);
}

TEST_F(EvaluatorTest, FactsThatCannotBeKeptAreAnErrorAndNothingIsRolledOut) {
  SetPolicy();
  facts_.Fail(true);
  EXPECT_EQ(Look(Asked(JobOf("auto"))).result, DeliveryResult::Errored);
  EXPECT_FALSE(last_.goal);
}

TEST_F(EvaluatorTest, AnAnswerThatComesAfterItsBindingIsGoneIsNotTaken) {
  SetPolicy();
  const Job job = Asked(JobOf("auto"));
  Set(Manifest("Trigger", "name: auto", kPolicy) + ImageWorkload("shop") +
      Bound("b", "auto", "shop", "enabled: false") + Bound("a", "auto", "shop"));
  EXPECT_THAT(Look(job).message, HasSubstr("binding/b does not decide the version of workload/shop any more"));
  EXPECT_THAT(Kept().versions, IsEmpty());
  Set(Manifest("Trigger", "name: auto", kPolicy) + ImageWorkload("shop", "repository: other, tag: \"1.4.2\"") +
      Bound("b", "auto", "shop"));
  EXPECT_EQ(Look(job).message, "its manifest names another image by now");
  EXPECT_THAT(Kept().versions, IsEmpty());
}

TEST_F(EvaluatorTest, FactsAreByIdentityThoughTheWorkloadWasRenamed) {
  Set(Manifest("Trigger", "name: auto", kPolicy) +
      Manifest("Workload", "name: store, annotations: {tinyforge.dev/renamed-from: shop}",
               "source: {image: {repository: shop, tag: \"1.4.2\"}}") +
      Bound("b", "auto", "store"));
  EXPECT_EQ(Look(JobOf("auto")).result, DeliveryResult::Rolling);
  EXPECT_THAT(Kept("shop").versions, SizeIs(1));
  EXPECT_THAT(Kept("store").versions, IsEmpty());
}

TEST_F(EvaluatorTest, TheNewestByDateLooksAtDatesAndPassesOverTagsThatWentMeanwhile) {
  SetPolicy("registry: {tagPolicy: {newest: true}, pollInterval: 5m}");
  registry_.MadeAt(Digest('4'), SysTime(std::chrono::seconds(20)));
  registry_.MadeAt(Digest('5'), SysTime(std::chrono::seconds(10)));
  Look(JobOf("auto"));
  ASSERT_THAT(Kept().versions, SizeIs(1)) << last_.result.message;
  EXPECT_EQ(Kept().versions.front().version.tag, "1.4.2");
}

// --- events ---

TEST_F(EvaluatorTest, AnEventSetsTheVersionOnceWithItsDigest) {
  SetEvents();
  const Job job = JobOf("hand", Act::SetVersion, {"1.5.0", ""});
  EXPECT_EQ(Look(job).result, DeliveryResult::Rolling);
  EXPECT_EQ(Kept().versions.front().version, (ImageVersion{"1.5.0", Digest('5')}));
  EXPECT_FALSE(Kept().versions.front().policy);
  EXPECT_EQ(Look(job).result, DeliveryResult::Skipped);
}

TEST_F(EvaluatorTest, AnEventThatSetAVersionBeforeAnotherDidSetsItAgain) {
  SetEvents();
  const Job job = JobOf("hand", Act::SetVersion, {"1.5.0", ""});
  Look(job);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(evaluator_.Deploy(table_->by_trigger.at("hand").front(), {"1.4.2", ""}, {}).goal);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Look(job).result, DeliveryResult::Rolling);
  const Facts facts = Kept();
  EXPECT_EQ(DecideVersion(QuestionOf(*table_->by_trigger.at("hand").front().image, {}), facts).version.tag, "1.5.0");
}

TEST_F(EvaluatorTest, AnImageThatIsNotThereYetIsWaitedFor) {
  SetEvents();
  EXPECT_EQ(Look(Asked(JobOf("hand", Act::SetVersion, {"1.6.0", ""}))).result, DeliveryResult::Pending);
}

TEST_F(EvaluatorTest, UnderAPolicyAnEventIsSkippedAndNobodyIsAsked) {
  Set(Manifest("Trigger", "name: auto", kPolicy) + Manifest("Trigger", "name: hand", "manual: {}") +
      ImageWorkload("shop") + Bound("b", "auto", "shop") + Bound("h", "hand", "shop"));
  registry_.Fail("shop", Error{ErrorKind::Transient, "503"});
  for (const Act act : {Act::SetVersion, Act::Refresh}) {
    const JobResult result = Look(Asked(JobOf("hand", act, {"1.5.0", ""})));
    EXPECT_EQ(result.result, DeliveryResult::Skipped);
    EXPECT_EQ(result.message, "binding/b decides the version of workload/shop");
  }
  EXPECT_THAT(Kept().versions, IsEmpty());
  EXPECT_EQ(Look(JobOf("hand", Act::Redeploy)).result, DeliveryResult::Rolling);  // that changes no version
  EXPECT_TRUE(Kept().remake);
}

TEST_F(EvaluatorTest, AnEventForAVersionThatWasEditedMeanwhileIsNotTaken) {
  SetEvents();
  const Job job = JobOf("hand", Act::SetVersion, {"1.5.0", ""});
  SetEvents("repository: shop, tag: \"1.4.9\"");
  EXPECT_EQ(Look(job).message, "its manifest names another version by now");
  EXPECT_THAT(Kept().versions, IsEmpty());
}

TEST_F(EvaluatorTest, ATagAndADigestThatDisagreeAreAnErrorOnceTheRegistryHadTimeToShowAPush) {
  SetEvents();
  Job job = Asked(JobOf("hand", Act::SetVersion, {"1.5.0", Digest('4')}));
  EXPECT_EQ(Look(job).result, DeliveryResult::Pending);
  job.attempt = 5;
  EXPECT_EQ(Look(job).result, DeliveryResult::Errored);
  EXPECT_EQ(last_.result.message,
            "1.5.0 is " + Digest('5') + ", not " + Digest('4') + "; name the tag or the digest alone");
  EXPECT_THAT(Kept().versions, IsEmpty());
  EXPECT_EQ(Look(JobOf("hand", Act::SetVersion, {"1.5.0", Digest('5')})).result, DeliveryResult::Rolling);
}

TEST_F(EvaluatorTest, AnEditAfterAnEventWasQueuedWinsOverIt) {
  SetEvents();
  const auto queued = table_->by_trigger.at("hand").front().image;
  EXPECT_EQ(ManifestReference(*queued), "shop:1.4.2");
  SetEvents("repository: shop, tag: \"1.5.0\"");
  for (const Act act : {Act::SetVersion, Act::Refresh}) {
    Job job = Asked(JobOf("hand", act, {"1.4.2", ""}));
    job.queued = queued;
    EXPECT_EQ(Look(job).result, DeliveryResult::Skipped);
    EXPECT_EQ(last_.result.message, "the manifest's version was edited meanwhile");
  }
  EXPECT_THAT(Kept().versions, IsEmpty());
  Job anew = JobOf("hand", Act::Redeploy);  // that asks for no version
  anew.queued = queued;
  EXPECT_EQ(Look(anew).result, DeliveryResult::Rolling);
}

TEST_F(EvaluatorTest, OneDeliveryIsMadeAnewOnceThoughItIsTakenUpAgain) {
  SetEvents();
  for (const Act act : {Act::Restart, Act::Redeploy}) {
    Job job = JobOf("hand", act);
    job.delivery = act == Act::Restart ? "d1" : "d2";
    EXPECT_EQ(Look(job).result, DeliveryResult::Rolling);
    const Facts first = Kept();
    EXPECT_EQ(first.remake->delivery, job.delivery);
    clock_.Advance(std::chrono::seconds(5));
    EXPECT_EQ(Look(job).result, DeliveryResult::Rolling);
    EXPECT_EQ(Kept(), first);
    EXPECT_EQ(last_.goal->since, first.remake->at);  // a rollout since then counts
  }
}

TEST_F(EvaluatorTest, ARefreshTakesWhatTheTagPointsToNow) {
  SetEvents();
  EXPECT_EQ(Look(JobOf("hand", Act::Refresh)).result, DeliveryResult::Rolling);
  EXPECT_EQ(Look(JobOf("hand", Act::Refresh)).result, DeliveryResult::Skipped);
  registry_.Push("shop", "1.4.2", Digest('9'));
  EXPECT_EQ(Look(JobOf("hand", Act::Refresh)).result, DeliveryResult::Rolling);
  EXPECT_EQ(Kept().versions.front().version, (ImageVersion{"1.4.2", Digest('9')}));
  EXPECT_FALSE(Kept().remake);
}

TEST_F(EvaluatorTest, ARedeployMakesAnewAlsoWhenTheTagHasNotMoved) {
  SetEvents();
  EXPECT_EQ(Look(JobOf("hand", Act::Redeploy)).result, DeliveryResult::Rolling);
  const Facts first = Kept();
  ASSERT_TRUE(first.remake);
  EXPECT_EQ(last_.goal->version, ImageVersion{});
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Look(JobOf("hand", Act::Redeploy)).result, DeliveryResult::Rolling);
  EXPECT_GT(Kept().remake->at, first.remake->at);
  EXPECT_EQ(Kept().versions, first.versions);
}

TEST_F(EvaluatorTest, ARedeployOfAnImageOfThisHostAloneNeedsNoRegistry) {
  SetEvents("repository: shop, tag: local");
  EXPECT_EQ(Look(JobOf("hand", Act::Redeploy)).result, DeliveryResult::Rolling);
  EXPECT_TRUE(Kept().remake);
  EXPECT_EQ(Look(JobOf("hand", Act::Refresh)).result, DeliveryResult::Pending);
}

TEST_F(EvaluatorTest, AnOlderEventDoesNotOverruleALaterOneWhicheverComesThrough) {
  Set(Manifest("Trigger", "name: hand", "manual: {}") + Manifest("Trigger", "name: other", "manual: {}") +
      ImageWorkload("shop") + Bound("b", "hand", "shop") + Bound("c", "other", "shop"));
  registry_.Push("shop", "1.6.0", Digest('6'));
  Job older = Asked(JobOf("hand", Act::SetVersion, {"1.5.0", ""}));
  older.received = clock_.SystemNow();
  clock_.Advance(std::chrono::seconds(1));
  Job newer = JobOf("other", Act::SetVersion, {"1.6.0", ""});
  newer.delivery = "d2";
  newer.tickets = {{"d2", 0}};
  newer.received = clock_.SystemNow();
  clock_.Advance(std::chrono::seconds(20));
  const auto now = [&](const Job& job) {
    const JobResult result = Look(job);
    return std::string(ToString(result.result)) + " " + result.message;
  };
  EXPECT_THAT(now(newer), HasSubstr("rolling"));
  EXPECT_THAT(now(older), HasSubstr("skipped 1.5.0@sha256:555555555555 is passed over: a later one was set: 1.6.0"));
  ASSERT_THAT(Kept().versions, SizeIs(1));
  EXPECT_EQ(Kept().versions.front().at, newer.received) << "it counts from when it was received";
  facts_.Set("shop", [](Facts& f) { f.versions.clear(); });
  EXPECT_THAT(now(older), HasSubstr("rolling"));
  EXPECT_THAT(now(newer), HasSubstr("rolling")) << "though the older one came through later than this was received";
  EXPECT_EQ(Kept().versions.back().version.tag, "1.6.0");
  EXPECT_EQ(last_.goal->since, newer.received);
}

TEST_F(EvaluatorTest, ATimeYetToComeOverrulesNothing) {
  SetEvents();
  facts_.Set("shop", [&](Facts& f) {
    f.versions = {{.binding = "gone",
                   .version = {"1.4.2", Digest('4')},
                   .base = "shop:1.4.2",
                   .at = clock_.SystemNow() + std::chrono::hours(1)}};
  });
  Job job = Asked(JobOf("hand", Act::SetVersion, {"1.5.0", ""}));
  job.received = clock_.SystemNow();
  EXPECT_EQ(Look(job).result, DeliveryResult::Rolling);
}

TEST_F(EvaluatorTest, EachWishToBeMadeAnewIsLaterThanTheOneBeforeWhateverTheClockSays) {
  SetEvents();
  const SysTime future = clock_.SystemNow() + std::chrono::hours(5);
  facts_.Set("shop", [&](Facts& f) { f.remake = Remake{future, "before the clock was set"}; });
  Look(JobOf("hand", Act::Restart));
  EXPECT_GT(Kept().remake->at, future);
  EXPECT_LE(last_.goal->since, clock_.SystemNow());
}

TEST_F(EvaluatorTest, AStoppedOneIsMadeAnewWhenItIsStarted) {
  SetEvents();
  facts_.Set("shop", [](Facts& f) { f.stopped = true; });
  EXPECT_EQ(Look(JobOf("hand", Act::Restart)).result, DeliveryResult::Skipped);
  EXPECT_TRUE(Kept().remake);
}

TEST_F(EvaluatorTest, ADigestInTheManifestCannotMove) {
  SetEvents("repository: shop, digest: " + Digest('4'));
  EXPECT_EQ(Look(JobOf("hand", Act::Refresh)).result, DeliveryResult::Skipped);
  EXPECT_EQ(registry_.calls("shop"), 0);
}

// --- promotion ---

class PromotionEvaluatorTest : public EvaluatorTest {
 protected:
  void SetStages(const std::string& promotion) {
    Set(Manifest("Trigger", "name: promote", "promotion: {" + promotion + "}") + ImageWorkload("staging") +
        ImageWorkload("prod", "repository: shop, tag: \"1.4.2\"", "parent: staging") + Bound("b", "promote", "prod"));
    v1::Status status{.observed_generation = 1};
    status.resolved = v1::ResolvedSource{.tag = "1.5.0", .digest = Digest('5'), .set_by = "binding/x"};
    status.conditions = {{.type = std::string(condition::kReady),
                          .status = ConditionStatus::True,
                          .observed_generation = 1,
                          .last_transition_time = clock_.SystemNow()}};
    Put(status);
  }
  void Put(const v1::Status& status) {
    Cache(status);
    statuses_.Put("staging", status);
  }
  void Cache(const v1::Status& status) {
    ObjectRecord record;
    record.key = {Kind::Workload, "staging"};
    record.generation = 1;
    record.status = status;
    store_.Put(record);
  }
};

TEST_F(PromotionEvaluatorTest, WhatSoaksIsLookedAtAgainWhenThatEnds) {
  SetStages("soak: 30m");
  JobResult result = Look(JobOf("promote"));
  EXPECT_EQ(result.result, DeliveryResult::Skipped);
  EXPECT_LE(*result.again, std::chrono::minutes(30));
  EXPECT_GT(*result.again, std::chrono::minutes(29));
  EXPECT_THAT(Kept("prod").versions, IsEmpty());
  clock_.Advance(std::chrono::minutes(30));
  EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Rolling);
  EXPECT_EQ(Kept("prod").versions.front().version, (ImageVersion{"1.5.0", Digest('5')}));
  EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Skipped);
}

TEST_F(PromotionEvaluatorTest, WhetherItsRepositoryHasADigestIsAskedOnce) {
  SetStages("soak: 0s");
  EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Rolling);
  const int asked = registry_.calls("shop");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Skipped);
  EXPECT_EQ(registry_.calls("shop"), asked);
}

TEST_F(PromotionEvaluatorTest, WhatNeedsApprovalWaitsForThatOfThisDigest) {
  SetStages("soak: 0s, approval: Required");
  EXPECT_THAT(Look(JobOf("promote")).message, HasSubstr("waits for approval"));
  facts_.Set("prod", [](Facts& f) { f.approved = Digest('4'); });
  EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Skipped);
  facts_.Set("prod", [](Facts& f) { f.approved = Digest('5'); });
  EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Rolling);
}

TEST_F(PromotionEvaluatorTest, APersonPromotesAtOnceAndOnlyWhatRunsWell) {
  SetStages("soak: 30m, approval: Required");
  EXPECT_TRUE(evaluator_.PromoteNow(table_->by_trigger.at("promote").front(), {}).goal);
  Put({});
  const Evaluated refused = evaluator_.PromoteNow(table_->by_trigger.at("promote").front(), {});
  EXPECT_EQ(refused.result.result, DeliveryResult::Errored);
  EXPECT_THAT(refused.result.message, HasSubstr("staging is not Ready"));
}

TEST_F(PromotionEvaluatorTest, AStageThatRunsByDigestAloneHasNoTagToPassOn) {
  SetStages("soak: 0s");
  v1::Status status = (*store_.Get({Kind::Workload, "staging"}))->status;
  status.resolved->tag = Digest('5');
  Put(status);
  EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Rolling);
  EXPECT_EQ(Kept("prod").versions.front().version, (ImageVersion{"", Digest('5')}));
}

TEST_F(PromotionEvaluatorTest, WhatItsOwnRepositoryDoesNotHaveIsNotPromoted) {
  SetStages("soak: 0s");
  Set(Manifest("Trigger", "name: promote", "promotion: {soak: 0s}") + ImageWorkload("staging") +
      ImageWorkload("prod", "repository: mirror, tag: \"1.4.2\"", "parent: staging") + Bound("b", "promote", "prod"));
  EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Pending);
  EXPECT_THAT(last_.result.message, HasSubstr("mirror does not have 1.5.0@sha256:555555555555"));
  EXPECT_THAT(last_.result.message, HasSubstr("which staging runs from shop"));
  const Evaluated asked = evaluator_.PromoteNow(table_->by_trigger.at("promote").front(), {});
  EXPECT_EQ(asked.problem, ErrorKind::NotFound);
  EXPECT_THAT(Kept("prod").versions, IsEmpty());
  registry_.Push("mirror", "other-name", Digest('5'));
  EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Rolling);
}

TEST_F(PromotionEvaluatorTest, WhatAnEarlierProcessSawIsNoAnswer) {
  SetStages("soak: 0s");
  const v1::Status now = *statuses_.Of("staging");
  statuses_.Keep([](const std::string&) { return false; });
  EXPECT_THAT(Look(JobOf("promote")).message, HasSubstr("staging has not been looked at since the controller started"));
  EXPECT_FALSE(evaluator_.PromoteNow(table_->by_trigger.at("promote").front(), {}).goal);
  EXPECT_THAT(Kept("prod").versions, IsEmpty());
  statuses_.Put("staging", now);
  EXPECT_EQ(Look(JobOf("promote")).result, DeliveryResult::Rolling);
}

TEST_F(PromotionEvaluatorTest, WhatCouldNotBeStoredCountsAllTheSame) {
  SetStages("soak: 0s");
  Cache(*statuses_.Of("staging"));
  statuses_.Put("staging", {});
  EXPECT_THAT(Look(JobOf("promote")).message, HasSubstr("staging is not Ready"));
}

TEST_F(PromotionEvaluatorTest, AStageThatIsNotKnownIsNoError) {
  SetStages("soak: 0s");
  ASSERT_TRUE(store_.CommitRevision({}, {{Kind::Workload, "staging"}}, "c0ffee"));
  EXPECT_THAT(Look(JobOf("promote")).message, HasSubstr("is not known here"));
}

// --- people ---

TEST_F(EvaluatorTest, APersonSetsAVersionOrHasItMadeAnew) {
  SetEvents();
  const Route target = table_->by_trigger.at("hand").front();
  EXPECT_EQ(evaluator_.Deploy(target, {"1.5.0", ""}, {}).goal->version.digest, Digest('5'));
  EXPECT_EQ(Kept().versions.front().binding, "");
  EXPECT_EQ(evaluator_.Deploy(target, {}, {}).goal->version, ImageVersion{});
  registry_.Fail("shop", Error{ErrorKind::Transient, "503"});
  EXPECT_FALSE(evaluator_.Deploy(target, {"1.6.0", ""}, {}).goal);
}

}  // namespace
}  // namespace tinyforge
