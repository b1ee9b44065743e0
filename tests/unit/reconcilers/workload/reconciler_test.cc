#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/workload/reconciler_fixture.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(WorkloadReconcilerTest, BringsUpAWorkloadAndSaysSo) {
  Outcome outcome = Pass();
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::False);
  EXPECT_EQ(outcome.requeue_after, Duration(0));
  Settle();
  outcome = Pass();
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::True);
  EXPECT_EQ(outcome.status->revision, "c0ffee");
  EXPECT_EQ(outcome.status->ready_replicas, 1);
  EXPECT_EQ(outcome.status->last_rollout->outcome, "Succeeded");
  EXPECT_FALSE(outcome.requeue_after);
  EXPECT_THAT(outcome.events, IsEmpty());
}

TEST_F(WorkloadReconcilerTest, AMissingPullSecretIsAwaitedOnlyWhereSomethingHasToBePulled) {
  spec.source.image->pull_secret = {"registry", "login"};
  Commit();
  Settle();
  Outcome outcome = Pass();
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::True);  // the image was here
  EXPECT_THAT(FindCondition(outcome.status->conditions, warning::kPullSecretMissing)->message,
              HasSubstr("Secret registry"));
  const std::string before = engine.FindByName("web")->id;
  spec.source.image->tag = "2";
  Commit();
  outcome = Pass();
  EXPECT_EQ(Ready(outcome).reason, "ImagePullFailed");
  EXPECT_THAT(Ready(outcome).message, HasSubstr("Secret registry has no key login"));
  EXPECT_EQ(engine.asked.back().policy, v1::PullPolicy::Never);
  secrets.values[{"registry", "login"}] = "config";
  EXPECT_EQ(Ready(Pass()).reason, "PullingImage");
  EXPECT_EQ(engine.asked.back().pull_secret->ref.name, "registry");
  EXPECT_EQ(engine.FindByName("web")->id, before);
  engine.images["web:2"] = "sha256:two";
  Settle();
  EXPECT_EQ(engine.FindByName("web")->image_id, "sha256:two");
  EXPECT_FALSE(FindCondition(Pass().status->conditions, warning::kPullSecretMissing));
}

TEST_F(WorkloadReconcilerTest, AnImageOfAnotherArchitectureStallsAndLeavesWhatRuns) {
  Settle();
  spec.source.image->tag = "2";
  Commit();
  engine.pull_failure = Error{ErrorKind::Terminal, "not for this machine"};
  const Outcome outcome = Pass();
  EXPECT_EQ(Ready(outcome).reason, "ImagePullFailed");
  EXPECT_EQ(FindCondition(outcome.status->conditions, condition::kStalled)->status, ConditionStatus::True);
  EXPECT_EQ(engine.FindByName("web")->image_id, "sha256:one");
}

TEST_F(WorkloadReconcilerTest, APinStandsInForTheVersionItWasSetAgainstAndForNoOther) {
  Settle();
  engine.images["web:2"] = "sha256:two";
  engine.images["web:3"] = "sha256:three";
  spec.source.image->tag = "2";
  Commit();
  Settle();
  EXPECT_EQ(facts.facts["web"].good.back().reference, "web:2");
  facts.facts["web"].pin = Pin{.reference = "web:1", .version = "1", .base = "web:2"};
  Settle();
  EXPECT_EQ(engine.FindByName("web")->image_id, "sha256:one");
  EXPECT_EQ(Pass().status->resolved->set_by, "pin");
  EXPECT_EQ(facts.facts["web"].good.back().reference, "web:2");  // the order in which they came up
  spec.env = {{.name = "A", .value = "1"}};                      // another field: the pin holds
  Commit();
  Settle();
  EXPECT_EQ(engine.FindByName("web")->image_id, "sha256:one");
  spec.source.image->tag = "3";
  Commit();
  Settle();
  EXPECT_EQ(engine.FindByName("web")->image_id, "sha256:three");
  EXPECT_FALSE(facts.facts["web"].pin);
}

TEST_F(WorkloadReconcilerTest, ARolloutIsARecordWithItsVersionsAndSteps) {
  Settle();
  engine.images["web:2"] = "sha256:two";
  spec.source.image->tag = "2";
  Commit();
  std::vector<v1::RolloutRecord> seen;
  for (int i = 0; i < 10; ++i) {
    for (const v1::RolloutRecord& r : Pass().rollouts) seen.push_back(r);
    engine.Tick(std::chrono::seconds(10)), now += std::chrono::seconds(10);
  }
  ASSERT_FALSE(seen.empty());
  const v1::RolloutRecord& last = seen.back();
  EXPECT_EQ(last.id, 2);
  EXPECT_EQ(last.outcome, "Succeeded");
  EXPECT_EQ(last.cause, "image differs");
  EXPECT_EQ(last.from.image_id, "sha256:one");
  EXPECT_EQ(last.to.reference, "web:2");
  EXPECT_EQ(last.to.image_id, "sha256:two");
  EXPECT_EQ(last.steps.front().step, "create web.2");
  EXPECT_EQ(last.steps.back().step, "remove web.1");
}

TEST_F(WorkloadReconcilerTest, ANewerSpecEndsARolloutAsSuperseded) {
  Settle();
  spec.env = {{.name = "A", .value = "1"}};
  Commit();
  Pass();
  spec.env = {{.name = "A", .value = "2"}};
  Commit();
  const auto rollouts = Pass().rollouts;
  ASSERT_EQ(rollouts.size(), 2u);
  EXPECT_EQ(rollouts[0].outcome, "Superseded");
  EXPECT_EQ(rollouts[1].outcome, "InProgress");
  EXPECT_EQ(rollouts[1].id, rollouts[0].id + 1);
}

TEST_F(WorkloadReconcilerTest, SuspendedByAPersonChangesNothingAndSaysHowToGoOn) {
  Settle();
  facts.facts["web"].suspended = true;
  engine.containers.begin()->second.name = "else";
  engine.calls.clear();
  EXPECT_THAT(Ready(Pass()).message, HasSubstr("tfctl resume web"));
  EXPECT_THAT(engine.calls, IsEmpty());
}

TEST_F(WorkloadReconcilerTest, ANewReplicaRunsTheImageOfTheOthersThoughItsTagHasMoved) {
  Settle();
  engine.images["web:1"] = "sha256:moved";
  engine.images["kept"] = "sha256:one";
  spec.replicas = 2;
  Commit();
  Settle();
  ASSERT_TRUE(engine.FindByName("web-2"));
  EXPECT_EQ(engine.FindByName("web-2")->image_id, "sha256:one");
  engine.images.erase("kept");  // it is gone: then the tag's
  spec.replicas = 3;
  Commit();
  Settle();
  EXPECT_EQ(engine.FindByName("web-3")->image_id, "sha256:moved");
}

TEST_F(WorkloadReconcilerTest, AnUpdateWaitsForItsWindowAndARepairDoesNot) {
  spec.rollout.windows = {{"0 22 * * *", std::chrono::minutes(1), "UTC"}};
  Commit();
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);  // a first start is no update
  spec.env = {{.name = "A", .value = "1"}};
  Commit();
  engine.calls.clear();
  EXPECT_THAT(Ready(Pass()).message, HasSubstr("outside of the deploy windows"));
  EXPECT_EQ(Ready(Pass()).reason, "OutsideWindow");
  EXPECT_THAT(engine.calls, IsEmpty());
  engine.FindByName("web")->state = ContainerState::Exited;
  engine.running.clear();
  Settle();
  EXPECT_EQ(engine.FindByName("web")->state, ContainerState::Running);
  calendar.local = {2026, 1, 1, 22, 0, 4};
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
}

TEST_F(WorkloadReconcilerTest, APinEndsWithAnEditAlsoToTheVersionThatWasPinned) {
  Settle();
  engine.images["web:2"] = "sha256:two";
  spec.source.image->tag = "2";
  Commit();
  Settle();
  facts.facts["web"].pin = Pin{.reference = "web:1", .version = "1", .base = "web:2"};
  Settle();
  spec.source.image->tag = "1";
  Commit();
  Settle();
  EXPECT_FALSE(facts.facts["web"].pin);
  spec.source.image->tag = "2";
  Commit();
  Settle();
  EXPECT_EQ(engine.FindByName("web")->image_id, "sha256:two");
}

TEST_F(WorkloadReconcilerTest, WhoClaimsAnotherOnesPastTouchesNothingOfIt) {
  Settle();
  auto claimant = std::make_shared<v1::Object>();
  claimant->key = {Kind::Workload, "store"};
  claimant->meta.annotations[std::string(v1::kRenamedFrom)] = "web";
  v1::WorkloadSpec other = spec;
  other.deletion_policy = v1::DeletionPolicy::Orphan;
  claimant->spec = other;
  config.objects->objects[claimant->key] = claimant;
  engine.calls.clear();
  const Outcome outcome = reconciler.Reconcile({claimant->key, now});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::Terminal);
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_EQ(facts.facts["web"].orphan, false);
}

TEST_F(WorkloadReconcilerTest, ALimitThatTheHostCannotKeepIsSaidAndNeverAskedFor) {
  engine.host.memory_limit = false;
  Settle();
  spec.resources.memory = 1 << 20;
  spec.resources.nano_cpus = 500;
  Commit();
  engine.calls.clear();
  Settle();
  EXPECT_THAT(engine.calls, ::testing::ElementsAre("update web"));
  const Outcome outcome = Pass();
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::True);
  const Condition* disagrees = FindCondition(outcome.status->conditions, warning::kEngineDisagrees);
  ASSERT_TRUE(disagrees);
  EXPECT_THAT(disagrees->message, HasSubstr("cannot limit memory"));
}

TEST_F(WorkloadReconcilerTest, RolloutsAndRepairsAreTold) {
  Pass();
  std::string_view ended;
  for (int i = 0; i < 10; ++i) {
    const Outcome outcome = Pass();
    EXPECT_THAT(outcome.repairs, IsEmpty());
    if (!outcome.rollout_ended.empty()) ended = outcome.rollout_ended;
    engine.Tick(std::chrono::seconds(10)), now += std::chrono::seconds(10);
  }
  EXPECT_EQ(ended, "succeeded");
  engine.containers.clear();
  engine.running.clear();
  EXPECT_THAT(Pass().repairs, ::testing::ElementsAre("missing"));
}

TEST_F(WorkloadReconcilerTest, AFailedStepIsAnErrorAndIsNotFollowedAtOnce) {
  engine.fail = [](const std::string& call) -> std::optional<Error> {
    if (call == "start web") return Error{ErrorKind::Transient, "the Engine is busy"};
    return std::nullopt;
  };
  const Outcome outcome = Pass();
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message, HasSubstr("start web: the Engine is busy"));
  EXPECT_FALSE(outcome.requeue_after);
  EXPECT_EQ(Ready(outcome).reason, "Retrying");
}

TEST_F(WorkloadReconcilerTest, ASecretThatIsMissingIsWaitedForAndNothingRunsWithoutIt) {
  spec.env = {{.name = "P", .secret = v1::SecretKeyRef{"db", "password"}}};
  Commit();
  const Outcome outcome = Pass();
  EXPECT_EQ(outcome.error->kind, ErrorKind::Waiting);
  EXPECT_THAT(Ready(outcome).message, HasSubstr("db"));
  EXPECT_THAT(engine.calls, IsEmpty());
}

TEST_F(WorkloadReconcilerTest, AMissingSecretOfALaterCommitLeavesTheOldVersionRunning) {
  Settle();
  spec.env = {{.name = "P", .secret = v1::SecretKeyRef{"db", "password"}}};
  Commit();
  engine.calls.clear();
  Pass();
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_EQ(engine.FindByName("web")->state, ContainerState::Running);
}

TEST_F(WorkloadReconcilerTest, OnAnotherHostItIsTakenAway) {
  Settle();
  spec.hosts = {"db*"};
  Commit();
  Settle();
  EXPECT_TRUE(engine.containers.empty());
}

TEST_F(WorkloadReconcilerTest, RemovedFromTheConfigurationItIsTornDown) {
  Settle();
  Remove();
  Settle();
  EXPECT_TRUE(engine.containers.empty());
}

// Its policy may have been Orphan.
TEST_F(WorkloadReconcilerTest, WhatNothingIsKnownOfAnyMoreIsNotRemoved) {
  Settle();
  facts.facts.clear();
  Remove();
  const Outcome outcome = Pass();
  EXPECT_THAT(outcome.error.value().message, HasSubstr("deletionPolicy"));
  EXPECT_EQ(engine.FindByName("web")->state, ContainerState::Running);
}

TEST_F(WorkloadReconcilerTest, WhatIsNotOursIsNoReasonToComplainOfLostFacts) {
  Settle();
  facts.facts.clear();
  engine.FindByName("web")->image_id = "sha256:of-another-hand";
  Remove();
  const Outcome outcome = Pass();
  EXPECT_FALSE(outcome.error) << outcome.error->message;
  EXPECT_EQ(engine.FindByName("web")->state, ContainerState::Running);
}

TEST_F(WorkloadReconcilerTest, WithDeletionPolicyOrphanItsContainersOutliveIt) {
  spec.deletion_policy = v1::DeletionPolicy::Orphan;
  Commit();
  Settle();
  Remove();
  Settle();
  EXPECT_EQ(engine.FindByName("web")->state, ContainerState::Running);
}

TEST_F(WorkloadReconcilerTest, OrphanIsRememberedOfASuspendedOneAndOfOneThatCannotBeRendered) {
  Settle();
  spec.suspend = true;
  spec.deletion_policy = v1::DeletionPolicy::Orphan;
  spec.env = {{.name = "A", .secret = v1::SecretKeyRef{"missing", "key"}}};
  Commit();
  Pass();
  Remove();
  Settle();
  EXPECT_EQ(engine.FindByName("web")->state, ContainerState::Running);
}

TEST_F(WorkloadReconcilerTest, WhatHadALimitOnAnotherKernelIsNotReplacedForIt) {
  spec.resources.memory = 1 << 20;
  Commit();
  Settle();
  engine.host.memory_limit = false;
  engine.calls.clear();
  Settle();
  EXPECT_THAT(engine.calls, IsEmpty());
}

TEST_F(WorkloadReconcilerTest, NothingIsTornDownThatMayNotBeDeletedOrNoCommitExplains) {
  Settle();
  Remove();
  config.may_delete = false;
  Settle();
  EXPECT_EQ(engine.containers.size(), 1u);
  config.may_delete = true;
  config.in_history = false;
  Settle();
  EXPECT_EQ(engine.containers.size(), 1u);
  config.in_history = true;
  config.objects->complete = false;
  Settle();
  EXPECT_EQ(engine.containers.size(), 1u);
}

TEST_F(WorkloadReconcilerTest, WhileAnotherControllerHoldsTheInstanceNothingIsChanged) {
  read_only = "held by process 7";
  const Outcome outcome = Pass();
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_EQ(Ready(outcome).reason, "ReadOnly");
  EXPECT_THAT(Ready(outcome).message, HasSubstr("process 7"));
}

TEST_F(WorkloadReconcilerTest, SuspendedDriftIsReportedAndNotRepaired) {
  Settle();
  spec.suspend = true;
  Commit();
  engine.FindByName("web")->state = ContainerState::Exited;
  engine.calls.clear();
  const Outcome outcome = Pass();
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_EQ(Ready(outcome).reason, "Suspended");
  EXPECT_THAT(Ready(outcome).message, HasSubstr("drift: state is exited"));
}

TEST_F(WorkloadReconcilerTest, ALostCacheChangesNothingThatRuns) {
  Settle();
  engine.calls.clear();
  FakeStore empty;
  WorkloadReconciler fresh({config, config, config, engine, engine, engine, engine, health, logs, calendar, engine,
                            secrets, files, facts, empty, host_images, tasks},
                           {.instance = "test", .host = "web1", .paths = {"/vol", "/files"}});
  const Outcome outcome = fresh.Reconcile({{Kind::Workload, "web"}, now});
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::True);
}

TEST_F(WorkloadReconcilerTest, WhatWasReadIsTold) {
  config.tree->files = {{"conf/a.ini", "x"}};
  spec.files = {{.target = "/etc/app", .from = "conf"}};
  Commit();
  ReadSet seen;
  reconciler.OnRead([&](const ObjectKey&, const Revision&, ReadSet read) { seen = std::move(read); });
  Pass();
  EXPECT_TRUE(seen.Covers("conf/b.ini"));
}

TEST_F(WorkloadReconcilerTest, PreviewDoesNothing) {
  auto decision = reconciler.Preview(*config.Current(), {Kind::Workload, "web"}, now);
  ASSERT_TRUE(decision);
  EXPECT_THAT(ToString(decision->plan), HasSubstr("create web"));
  EXPECT_THAT(engine.calls, IsEmpty());
}

// The images that a registry has, as the Engine holds them once they were pulled.
void ReleaseTag(v1::WorkloadSpec& spec, FakeEngine& engine, FakeHostImages& images, const std::string& tag) {
  engine.images["web:" + tag] = "sha256:" + tag;
  images.Pulled("web:" + tag, "sha256:" + tag);
  spec.source.image->tag = tag;
}

TEST_F(WorkloadReconcilerTest, KeepsAsManyReleasesAsAskedForAndPrunesTheOthersBesideThePlan) {
  spec.rollout.retain = 2;
  for (const char* tag : {"1", "2", "3", "4", "5"}) {
    ReleaseTag(spec, engine, host_images, tag);
    Commit();
    Settle();
  }
  EXPECT_THAT(host_images.removed, ElementsAre("sha256:1", "sha256:2", "sha256:3"));
  ASSERT_EQ(facts.facts["web"].good.size(), 2u);
  EXPECT_THAT(facts.facts["web"].superseded, IsEmpty());
  const Outcome outcome = Pass();
  EXPECT_EQ(outcome.status->last_rollout->id, 5);
  EXPECT_FALSE(outcome.requeue_after);
}

TEST_F(WorkloadReconcilerTest, PruningMakesNoReadyWorkloadReconciling) {
  spec.rollout.retain = 1;
  ReleaseTag(spec, engine, host_images, "1");
  Commit();
  Settle();
  ReleaseTag(spec, engine, host_images, "2");
  host_images.images["sha256:1"].users = {"somebodys"};
  Commit();
  Settle();
  facts.facts["web"].superseded.front().kept.clear();
  host_images.images["sha256:1"].users.clear();
  const Outcome outcome = Pass();
  EXPECT_THAT(host_images.removed, ElementsAre("sha256:1"));
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::True);
  EXPECT_EQ(FindCondition(outcome.status->conditions, condition::kReconciling)->status, ConditionStatus::False);
  EXPECT_THAT(outcome.rollouts, IsEmpty());
  EXPECT_FALSE(outcome.acted);
  EXPECT_FALSE(outcome.error);
  ASSERT_EQ(outcome.events.size(), 1u);
  EXPECT_EQ(outcome.events[0].reason, "ImagePruned");
}

TEST_F(WorkloadReconcilerTest, AnImageThatCannotGoIsNoReasonNotToBeReady) {
  spec.rollout.retain = 1;
  ReleaseTag(spec, engine, host_images, "1");
  Commit();
  Settle();
  ReleaseTag(spec, engine, host_images, "2");
  host_images.failure = Error{ErrorKind::Conflict, "in use"};
  Commit();
  Settle();
  const Outcome outcome = Pass();
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::True);
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.requeue_after, std::chrono::minutes(10));
}

TEST_F(WorkloadReconcilerTest, AFailedReleaseIsPrunedAfterTheNextSuccessAndNotBefore) {
  ReleaseTag(spec, engine, host_images, "1");
  Commit();
  Settle();
  ReleaseTag(spec, engine, host_images, "2");
  engine.after_call = [this] {
    for (auto& [id, c] : engine.containers)
      if (c.image_id == "sha256:2" && c.state == ContainerState::Running) c.state = ContainerState::Exited;
  };
  Commit();
  Settle();
  EXPECT_EQ(Ready(Pass()).reason, "RolloutFailed");
  EXPECT_EQ(facts.facts["web"].candidate, (CandidateImage{"web:2", "sha256:2"}));
  EXPECT_THAT(host_images.removed, IsEmpty());
  ReleaseTag(spec, engine, host_images, "3");
  Commit();
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_THAT(host_images.removed, ElementsAre("sha256:2"));
}

TEST_F(WorkloadReconcilerTest, SuspendedOrReadOnlyNothingIsPrunedOrLearnt) {
  spec.rollout.retain = 1;
  ReleaseTag(spec, engine, host_images, "1");
  Commit();
  Settle();
  facts.facts["web"].superseded = {{"web:0", "sha256:0", "old", "", now}};
  host_images.Pulled("web:0", "sha256:0");
  facts.facts["web"].suspended = true;
  const Facts before = facts.facts["web"];
  Settle();
  EXPECT_EQ(facts.facts["web"], before);
  facts.facts["web"].suspended = false;
  read_only = "another controller holds the instance";
  Settle();
  EXPECT_THAT(host_images.removed, IsEmpty());
  EXPECT_EQ(host_images.looks, 0);
  read_only.clear();
  Settle();
  EXPECT_THAT(host_images.removed, ElementsAre("sha256:0"));
}

TEST_F(WorkloadReconcilerTest, WithoutItsFactsNothingIsPruned) {
  spec.rollout.retain = 1;
  ReleaseTag(spec, engine, host_images, "1");
  Commit();
  Settle();
  facts.facts.clear();
  ReleaseTag(spec, engine, host_images, "2");
  Commit();
  Settle();
  EXPECT_THAT(host_images.removed, IsEmpty());
}

TEST_F(WorkloadReconcilerTest, ARemovedWorkloadsImagesGoWithItsLastContainer) {
  ReleaseTag(spec, engine, host_images, "1");
  Commit();
  Settle();
  ReleaseTag(spec, engine, host_images, "2");
  Commit();
  Settle();
  Remove();
  while (!engine.containers.empty()) {
    EXPECT_THAT(host_images.removed, IsEmpty());
    Pass();
  }
  Pass();
  EXPECT_THAT(host_images.removed, ElementsAre("sha256:1", "sha256:2"));
  EXPECT_EQ(facts.facts["web"], Facts());
}

TEST_F(WorkloadReconcilerTest, WhatARemovedWorkloadLeavesIsLookedAtAgain) {
  ReleaseTag(spec, engine, host_images, "1");
  Commit();
  Settle();
  host_images.images["sha256:1"].users = {"somebodys"};
  Remove();
  Settle();
  const Outcome outcome = Pass();
  EXPECT_EQ(outcome.requeue_after, std::chrono::minutes(10));
  ASSERT_EQ(facts.facts["web"].superseded.size(), 1u);
  EXPECT_THAT(facts.facts["web"].good, IsEmpty());
  host_images.images["sha256:1"].users.clear();
  Pass();
  EXPECT_EQ(facts.facts["web"], Facts());
}

}  // namespace
}  // namespace tinyforge
