#include "reconcilers/workload/compute_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/workload/workload_world.h"

namespace tinyforge {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(ComputePlan, FirstDeployCreatesAndStartsEachReplicaUnderItsName) {
  WorkloadWorld world;
  world.Want(2, "web:1");
  EXPECT_EQ(world.PlanText(),
            "[1] create web (replica 1 is missing)\n"
            "[2] start web (replica 1 is missing)\n"
            "[3] create web-2 (replica 2 is missing)\n"
            "[4] start web-2 (replica 2 is missing)\n");
}

TEST(ComputePlan, WithNothingChangedThePlanIsEmptyForEver) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.TakeCalls();
  for (int i = 0; i < 100; ++i) world.Pass();
  EXPECT_THAT(world.engine.calls, IsEmpty());
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Ready);
}

TEST(ComputePlan, IsReadyOnlyAfterItRanForHealthyAfter) {
  WorkloadWorld world;
  world.Pass();
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Progressing);
  EXPECT_EQ(world.Decide().verdict.come_back, std::chrono::seconds(10));
  world.engine.Tick(std::chrono::seconds(10));
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Ready);
}

TEST(ComputePlan, ChangedEnvironmentIsNamedAndStartsTheNewOneFirst) {
  WorkloadWorld world;
  ContainerTemplate spec{.image = "web:1", .env = {{.name = "LOG_LEVEL", .value = "info"}}};
  world.Want(1, spec);
  ASSERT_GE(world.Settle(), 0);
  spec.env[0].value = "debug";
  world.Want(1, spec);
  EXPECT_EQ(world.PlanText(),
            "[1] create web.2 (env.LOG_LEVEL differs)\n"
            "[2] start web.2 (env.LOG_LEVEL differs)\n");
  world.Pass();
  EXPECT_EQ(world.PlanText(), "");
  world.engine.Tick(std::chrono::seconds(10));
  EXPECT_EQ(world.PlanText(),
            "[1] disconnect web.2 from network tinyforge (env.LOG_LEVEL differs)\n"
            "[2] connect web.2 to network tinyforge as web (env.LOG_LEVEL differs)\n"
            "[3] rename web to web.1 (env.LOG_LEVEL differs)\n"
            "[4] rename web.2 to web (env.LOG_LEVEL differs)\n");
  world.Pass();
  EXPECT_EQ(world.PlanText(),
            "[1] disconnect web.1 from network tinyforge (superseded)\n"
            "[2] connect web.1 to network tinyforge (superseded)\n");
  world.Pass();
  EXPECT_EQ(world.PlanText(), "");
  EXPECT_EQ(world.Decide().verdict.reason, "Draining");
  EXPECT_EQ(world.Decide().verdict.come_back, std::chrono::milliseconds(2500));
  world.engine.Tick(std::chrono::seconds(3));
  EXPECT_EQ(world.PlanText(),
            "[1] disable restart of web.1 (superseded)\n"
            "[2] stop web.1 (superseded)\n");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.containers.size(), 1u);
  EXPECT_NE(world.engine.FindByName("web"), nullptr);
}

TEST(ComputePlan, CandidateKeepsItsAddressWhenItGetsTheAlias) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.Pass();
  const std::string address = world.engine.FindByName("web.2")->networks["tinyforge"].static_address;
  ASSERT_FALSE(address.empty());
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web")->networks["tinyforge"].static_address, address);
}

TEST(ComputePlan, RecreateCreatesTheNewOneBeforeItStopsTheOldAndNeverRunsBoth) {
  WorkloadWorld world;
  world.context.strategy = v1::RolloutStrategy::Recreate;
  ASSERT_GE(world.Settle(), 0);
  world.TakeCalls();
  world.Want(1, "web:2");
  world.NeverTwoUp();
  ASSERT_GE(world.Settle(), 0);
  EXPECT_THAT(world.TakeCalls(), ElementsAre("create web.2", "no-restart web", "stop web", "start web.2", "rename web",
                                             "rename web.2", "remove web.1"));
}

TEST(ComputePlan, ReleaseThatExitsLeavesTheOldOneServingAndIsTriedOnce) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.exits = true, .exit_code = 3};
  for (int i = 0; i < 20; ++i) world.Pass(), world.engine.Tick(std::chrono::seconds(5));
  EXPECT_EQ(std::count(world.engine.calls.begin(), world.engine.calls.end(), "start web.2"), 1);
  EXPECT_EQ(world.engine.FindByName("web")->state, ContainerState::Running);
  EXPECT_EQ(world.engine.FindByName("web.2")->state, ContainerState::Exited);
  const Decision decision = world.Decide();
  EXPECT_TRUE(decision.plan.empty());
  EXPECT_EQ(decision.verdict.reason, "RolloutFailed");
  EXPECT_THAT(decision.verdict.message, HasSubstr("exit code 3"));
}

TEST(ComputePlan, RecreateThatFailsBringsTheOldOneBack) {
  WorkloadWorld world;
  world.context.strategy = v1::RolloutStrategy::Recreate;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.exits = true};
  for (int i = 0; i < 20; ++i) world.Pass(), world.engine.Tick(std::chrono::seconds(5));
  const ObservedContainer* old = world.engine.FindByName("web");
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(old->state, ContainerState::Running);
  EXPECT_EQ(old->restart, v1::RestartPolicy::Always);
  EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed");
}

TEST(ComputePlan, CommandThatCannotRunIsAFailedRelease) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.cannot_start = true};
  for (int i = 0; i < 10; ++i) world.Pass(), world.engine.Tick(std::chrono::seconds(5));
  EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  EXPECT_EQ(world.engine.FindByName("web")->state, ContainerState::Running);
}

TEST(ComputePlan, RecreateThatTheHostRefusesToStartBringsTheOldOneBackOnce) {
  WorkloadWorld world;
  world.context.strategy = v1::RolloutStrategy::Recreate;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.refused = true};
  world.TakeCalls();
  for (int i = 0; i < 20; ++i) world.Pass(), world.engine.Tick(std::chrono::seconds(5));
  EXPECT_EQ(world.engine.FindByName("web")->state, ContainerState::Running);
  EXPECT_EQ(world.engine.FindByName("web")->image, "web:1");
  EXPECT_EQ(std::count(world.engine.calls.begin(), world.engine.calls.end(), "stop web"), 1);
  world.facts.facts["web"].retried = SysTime(std::chrono::hours(1));
  world.engine.behaviour.clear();
  for (int i = 0; i < 6; ++i) world.Pass(), world.engine.Tick(std::chrono::seconds(5));
  EXPECT_EQ(world.engine.FindByName("web")->image, "web:2") << "a person who asks for a retry need not wait";
}

TEST(ComputePlan, RevertAfterAFailedReleaseRemovesItsRecord) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.exits = true};
  for (int i = 0; i < 5; ++i) world.Pass();
  world.Want(1, "web:1");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.containers.size(), 1u);
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Ready);
}

TEST(ComputePlan, NothingIsStoppedWhileTheImageIsMissing) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.TakeCalls();
  world.Want(1, "web:3");
  world.Pass();
  EXPECT_THAT(world.engine.calls, IsEmpty());
  EXPECT_EQ(world.Decide().verdict.reason, "PullingImage");
}

TEST(ComputePlan, DriftIsRepairedInPlace) {
  WorkloadWorld world;
  world.WantLimits({.nano_cpus = 500, .memory = 1000});
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer& web = *world.engine.FindByName("web");
  web.limits.memory = 2000;
  web.name = "stray";
  web.networks.clear();
  EXPECT_EQ(world.PlanText(),
            "[1] connect stray to network tinyforge as web (drift: networks or aliases)\n"
            "[2] rename stray to web (drift: name)\n"
            "[3] update limits of stray (drift: limits or restart policy)\n");
}

TEST(ComputePlan, StoppedByHandIsStartedAndPausedIsUnpaused) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer& web = *world.engine.FindByName("web");
  web.state = ContainerState::Exited;
  EXPECT_EQ(world.PlanText(), "[1] start web (drift: state is exited)\n");
  web.state = ContainerState::Paused;
  EXPECT_EQ(world.PlanText(), "[1] unpause web (drift: state is paused)\n");
}

TEST(ComputePlan, WhatIsBeingRemovedIsReplacedAtOnceUnderAnotherName) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.engine.FindByName("web")->state = ContainerState::Removing;
  EXPECT_EQ(world.PlanText(),
            "[1] create web.2 (replica 1 is missing)\n"
            "[2] start web.2 (replica 1 is missing)\n");
  world.Pass();
  EXPECT_EQ(world.PlanText(), "");
  world.engine.containers.erase(world.engine.FindByName("web")->id);
  EXPECT_EQ(world.PlanText(), "[1] rename web.2 to web (takes over)\n");
}

TEST(ComputePlan, BesideAKilledOneASuccessorIsMadeAndStartedOnlyWhenTheKilledOneGoes) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer& killed = *world.engine.FindByName("web");
  killed.state = ContainerState::Killed;
  EXPECT_EQ(world.PlanText(), "[1] create web.2 (web was killed)\n");
  world.Pass();
  EXPECT_EQ(world.PlanText(), "");
  world.engine.containers.erase(std::string(killed.id));
  EXPECT_EQ(world.PlanText(), "[1] start web.2 (not started yet)\n[2] rename web.2 to web (takes over)\n");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.containers.size(), 1u);
}

TEST(ComputePlan, AKilledOneThatStaysIsStartedAndItsSuccessorGoes) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.engine.FindByName("web")->state = ContainerState::Killed;
  world.Pass();
  world.engine.FindByName("web")->state = ContainerState::Exited;
  EXPECT_EQ(world.PlanText(), "[1] start web (drift: state is exited)\n[2] remove web.2 (superseded)\n");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.containers.size(), 1u);
}

TEST(ComputePlan, RemovedLimitReplacesOnceAndThenSaysThatTheEngineDisagrees) {
  WorkloadWorld world;
  world.WantLimits({.memory = 1000});
  ASSERT_GE(world.Settle(), 0);
  world.WantLimits({});
  ASSERT_THAT(world.PlanText(), HasSubstr("create web.2 (limit memory was removed)"));
  ASSERT_GE(world.Settle(), 0);
  world.engine.FindByName("web")->limits.memory = 1000;
  const Decision decision = world.Decide();
  EXPECT_TRUE(decision.plan.empty());
  ASSERT_EQ(decision.plan.warnings.size(), 1u);
  EXPECT_EQ(decision.plan.warnings[0].reason, warning::kEngineDisagrees);
}

TEST(ComputePlan, WhatAnotherHandAlteredIsReplacedOnce) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.engine.FindByName("web")->altered = {"env.A"};
  ASSERT_THAT(world.PlanText(), HasSubstr("create web.2 (env.A differs from what was created: drift)"));
  ASSERT_GE(world.Settle(), 0);
  ASSERT_EQ(world.engine.containers.size(), 1u);
  EXPECT_EQ(world.engine.FindByName("web")->Label(label::kSeq), "2");
  EXPECT_TRUE(world.Decide().plan.empty());
  EXPECT_THAT(world.Decide().plan.warnings, testing::IsEmpty());
}

TEST(ComputePlan, WhatIsAlteredAgainAfterItWasReplacedForThatIsLeftAndSaid) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.engine.FindByName("web")->altered = {"env.A", "secret.shop/key"};
  ASSERT_GE(world.Settle(), 0);
  world.engine.FindByName("web")->altered = {"secret.shop/key"};
  const Decision decision = world.Decide();
  EXPECT_TRUE(decision.plan.empty());
  ASSERT_EQ(decision.plan.warnings.size(), 1u);
  EXPECT_EQ(decision.plan.warnings[0].reason, warning::kEngineDisagrees);
  EXPECT_THAT(decision.plan.warnings[0].message, HasSubstr("secret shop/key"));
  // Another field is another matter.
  world.engine.FindByName("web")->altered = {"privileged"};
  EXPECT_THAT(world.PlanText(), HasSubstr("(env.A, privileged, secret shop/key differ from what was created: drift)"));
}

TEST(ComputePlan, AnEngineThatAltersEveryContainerMakesNoLoop) {
  const std::vector<std::vector<std::string>> shown = {{"a"}, {"b"}, {"a", "c"}, {"d", "e"}, {"f"}, {"g"}, {"h", "a"}};
  WorkloadWorld world;
  world.WantLimits({.memory = 1000});
  ASSERT_GE(world.Settle(), 0);
  world.WantLimits({});
  for (int pass = 0; pass < 300; ++pass) {
    for (auto& [id, c] : world.engine.containers) {
      c.altered = shown[std::hash<std::string>()(id) % shown.size()];
      c.limits.memory = 1000;
    }
    world.Pass();
    world.engine.Tick(std::chrono::seconds(5));
  }
  world.TakeCalls();
  world.Run(20);
  EXPECT_THAT(world.TakeCalls(), testing::IsEmpty()) << world.Describe();
  EXPECT_EQ(world.engine.containers.size(), 1u);
}

TEST(ComputePlan, WhatThisRunCreatedIsNeverAltered) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.engine.FindByName("web")->altered = {"privileged"};
  world.engine.FindByName("web")->created_here = true;
  const Decision decision = world.Decide();
  EXPECT_TRUE(decision.plan.empty());
  ASSERT_EQ(decision.plan.warnings.size(), 1u);
  EXPECT_THAT(decision.plan.warnings[0].message, HasSubstr("privileged"));
}

TEST(ComputePlan, TheRepairOfWhatWasAlteredWaitsForNoWindow) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.context.closed = "outside of the deploy windows";
  world.context.awaited = "waiting for db";
  world.engine.FindByName("web")->altered = {"privileged"};
  EXPECT_THAT(world.PlanText(), HasSubstr("create web.2"));
}

TEST(ComputePlan, AnAlteredOneThatCannotStartDoesNotHoldUpItsReplacement) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer& altered = *world.engine.FindByName("web");
  altered.altered = {"privileged"};
  altered.state = ContainerState::Created;
  altered.error = "operation not permitted";
  altered.started = SysTime{};
  world.engine.fail = [](const std::string& call) -> std::optional<Error> {
    if (call == "start web" || call == "start id1") return Error{ErrorKind::Transient, "operation not permitted"};
    return std::nullopt;
  };
  ASSERT_GE(world.Settle(), 0) << world.Describe();
  EXPECT_EQ(world.engine.FindByName("web")->Label(label::kSeq), "2");
}

TEST(ComputePlan, ScalingDownRetiresTheHighestReplicas) {
  WorkloadWorld world;
  world.Want(3, "web:1");
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:1");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.containers.size(), 1u);
  EXPECT_NE(world.engine.FindByName("web"), nullptr);
}

TEST(ComputePlan, RollingReplacesOneReplicaAtATime) {
  WorkloadWorld world;
  world.context.strategy = v1::RolloutStrategy::Rolling;
  world.Want(2, "web:1");
  ASSERT_GE(world.Settle(), 0);
  world.Want(2, "web:2");
  EXPECT_THAT(world.PlanText(), Not(HasSubstr("web-2")));
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web-2")->image, "web:2");
}

TEST(ComputePlan, CloneAndForgeryAreReportedAndLeftAlone) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer clone = *world.engine.FindByName("web");
  clone.id = "clone";
  clone.name = "copy";
  clone.created += Duration(1000);
  world.engine.containers["clone"] = clone;
  ObservedContainer forged = clone;
  forged.id = "forged";
  forged.image_id = "sha256:other";
  world.engine.containers["forged"] = forged;
  const Decision decision = world.Decide();
  EXPECT_TRUE(decision.plan.empty());
  EXPECT_EQ(decision.plan.warnings.size(), 2u);
}

TEST(ComputePlan, AnonymousVolumesMoveToTheReplacementAndNeverHaveTwoWriters) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.NeverTwoUp();
  world.engine.FindByName("web")->mounts = {{MountType::Volume, std::string(64, 'a'), "/data", false}};
  world.Want(1, "web:2");
  ASSERT_GE(world.Settle(), 0);
  ASSERT_EQ(world.engine.FindByName("web")->mounts.size(), 1u);
  EXPECT_EQ(world.engine.FindByName("web")->mounts[0].source, std::string(64, 'a'));
}

TEST(ComputePlan, RestartNeverThatEndedWellStaysDownAndIsReady) {
  WorkloadWorld world;
  world.WantLimits({.restart = v1::RestartPolicy::Never});
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.exits = true, .exit_code = 0};
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Ready);
  EXPECT_THAT(world.TakeCalls(), ElementsAre("create web", "start web"));
}

// --- one writer at a time ---

class ExclusiveWorkload : public ::testing::Test {
 protected:
  ExclusiveWorkload() {
    world.context.strategy = v1::RolloutStrategy::Recreate;
    Want("web:1");
    EXPECT_GE(world.Settle(), 0);
    world.NeverTwoUp();
  }
  void Want(const std::string& image) {
    world.Want(1, ContainerTemplate{.image = image,
                                    .mounts = {{.type = MountType::Volume, .source = "data", .target = "/data"}}});
  }
  WorkloadWorld world;
};

TEST_F(ExclusiveWorkload, TheOldOneStartedByHandBesideItsReplacementIsStoppedAgain) {
  Want("web:2");
  world.Run(2);
  ObservedContainer* old = world.engine.FindByName("web");
  ASSERT_EQ(old->state, ContainerState::Exited);
  world.engine.after_call = nullptr;
  world.engine.SetRunning(*old);
  EXPECT_EQ(world.PlanText(), "[1] stop web (image differs)\n");
}

TEST_F(ExclusiveWorkload, ARevertWhileTheNextReleaseProvesItselfNeverRunsBoth) {
  Want("web:2");
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.exits = true};
  world.Run(6);
  ASSERT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  world.engine.images["web:3"] = "sha256:three";
  Want("web:3");
  world.Run(3);
  Want("web:2");
  world.Run(10);
  EXPECT_EQ(world.engine.FindByName("web")->image, "web:1");
  EXPECT_EQ(world.engine.FindByName("web")->state, ContainerState::Running);
}

TEST_F(ExclusiveWorkload, WaitsForTheWriterOfAnotherWorkload) {
  world.engine.after_call = nullptr;
  ObservedContainer other{.id = "other", .name = "db", .image_id = "sha256:one", .state = ContainerState::Running};
  other.labels = {{std::string(label::kWorkload), "db"}};
  other.mounts = {{MountType::Volume, "data", "/var/lib", false}};
  world.engine.containers["other"] = other;
  world.engine.FindByName("web")->state = ContainerState::Exited;
  const Decision decision = world.Decide();
  EXPECT_TRUE(decision.plan.empty());
  EXPECT_EQ(decision.verdict.reason, "VolumeInUse");
  EXPECT_THAT(decision.verdict.message, HasSubstr("db"));
  EXPECT_TRUE(decision.verdict.come_back);
  world.engine.containers["other"].state = ContainerState::Exited;
  EXPECT_THAT(world.PlanText(), HasSubstr("start web"));
}

TEST_F(ExclusiveWorkload, AnUpdateThatMustWaitForOthersStopsNothing) {
  ObservedContainer other{.id = "other", .name = "backup", .image_id = "sha256:one", .state = ContainerState::Running};
  other.labels = {{std::string(label::kWorkload), "backup"}};
  other.mounts = {{MountType::Volume, "data", "/data", false}};
  world.engine.containers["other"] = other;
  Want("web:2");
  EXPECT_EQ(world.PlanText(), "");
  EXPECT_EQ(world.Decide().verdict.reason, "VolumeInUse");
  world.engine.containers["other"].state = ContainerState::Exited;
  EXPECT_THAT(world.PlanText(), HasSubstr("create web.2"));
  world.Pass();
  world.engine.containers["other"].state = ContainerState::Running;
  world.engine.FindByName("web")->state = ContainerState::Exited;
  EXPECT_THAT(world.PlanText(), Not(HasSubstr("start")));
}

TEST_F(ExclusiveWorkload, AForgedContainerThatWritesTheVolumeHoldsTheStartBack) {
  world.engine.after_call = nullptr;
  ObservedContainer forged = *world.engine.FindByName("web");
  forged.id = forged.name = "forged";
  forged.image_id = "sha256:other";
  world.engine.containers["forged"] = forged;
  world.engine.FindByName("web")->state = ContainerState::Exited;
  EXPECT_THAT(world.PlanText(), Not(HasSubstr("start")));
}

TEST_F(ExclusiveWorkload, ARefusedStartIsTriedAgainAfterAWhile) {
  Want("web:2");
  auto& behaviour = world.engine.behaviour[world.desired.containers[0].template_hash];
  behaviour.refused = true;
  world.Run(6);
  EXPECT_EQ(world.Decide().verdict.reason, "StartRefused");
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Waiting);
  behaviour.refused = false;
  world.engine.Tick(std::chrono::minutes(5));
  world.Run(10);
  EXPECT_EQ(world.engine.FindByName("web")->image, "web:2");
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Ready);
}

TEST_F(ExclusiveWorkload, ACandidateWhoseStartWasCutShortIsMadeAnew) {
  Want("web:2");
  world.Run(1);
  ObservedContainer* candidate = world.engine.FindByName("web.2");
  ASSERT_EQ(candidate->state, ContainerState::Created);
  candidate->error = "task 27cb: already exists";
  EXPECT_EQ(world.PlanText(), "[1] remove web.2 (a start of it was cut short)\n");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web")->image, "web:2");
}

TEST(ComputePlan, RecreateWithSeveralReplicasHealsEachByItself) {
  WorkloadWorld world;
  world.context.strategy = v1::RolloutStrategy::Recreate;
  world.Want(2, "web:1");
  ASSERT_GE(world.Settle(), 0);
  world.engine.FindByName("web-2")->state = ContainerState::Exited;
  EXPECT_EQ(world.PlanText(), "[1] start web-2 (drift: state is exited)\n");
  world.Want(2, "web:2");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web-2")->image, "web:2");
}

// --- what serves keeps serving ---

TEST(ComputePlan, TheOldVersionIsRepairedWhileItsReplacementWaitsForAnImage) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:3");
  world.engine.FindByName("web")->state = ContainerState::Exited;
  EXPECT_EQ(world.PlanText(), "[1] start web (the old version stays)\n");
}

TEST(ComputePlan, ARevertWhileTheOldVersionIsBeingRetiredDoesNotLoseBoth) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.Run(1);
  world.engine.Tick(std::chrono::seconds(10));
  const Decision decision = world.Decide();
  for (const Step& step : decision.plan.steps)  // all but the stop, which has only begun
    if (!std::holds_alternative<action::Stop>(step.action)) {
      ASSERT_FALSE(Apply(Plan{.steps = {step}},
                         {world.engine, world.files, world.facts, world.logs, world.host_images, world.tasks})
                       .error);
    }
  world.Want(1, "web:1");
  world.engine.after_call = [&] { EXPECT_GE(world.Up(), 1); };
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web")->image, "web:1");
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Ready);
}

TEST(ComputePlan, AServiceThatEndsAtOnceWithZeroDoesNotReplaceARunningOne) {
  WorkloadWorld world;
  world.WantLimits({.restart = v1::RestartPolicy::OnFailure});
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.exits = true, .exit_code = 0};
  world.Run(10);
  EXPECT_EQ(world.engine.FindByName("web")->image, "web:1");
  EXPECT_EQ(world.engine.FindByName("web")->state, ContainerState::Running);
  EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed");
}

TEST(ComputePlan, AFinishedJobIsNotRunAgainBecauseItsNextReleaseFailed) {
  WorkloadWorld world;
  world.WantLimits({.restart = v1::RestartPolicy::Never});
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.exits = true, .exit_code = 0};
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.exits = true, .exit_code = 1};
  world.Run(10);
  EXPECT_EQ(std::count(world.engine.calls.begin(), world.engine.calls.end(), "start web"), 1);
  EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed");
}

TEST(ComputePlan, WhatWeHaltedIsNotTakenForCompleted) {
  WorkloadWorld world;
  world.WantLimits({.restart = v1::RestartPolicy::OnFailure});
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer& web = *world.engine.FindByName("web");
  web.state = ContainerState::Exited;
  web.exit_code = 0;
  web.restart = v1::RestartPolicy::Never;
  EXPECT_THAT(world.PlanText(), HasSubstr("start web"));
}

TEST(ComputePlan, AFailedReleaseIsTriedAgainWhenTheSpecChangesOutsideOfTheTemplate) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.context.spec_hash = "small";
  auto& behaviour = world.engine.behaviour[world.desired.containers[0].template_hash];
  behaviour.exits = true;
  world.Run(10);
  ASSERT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  behaviour.exits = false;
  world.context.spec_hash = "more memory";
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web")->image, "web:2");
}

TEST(ComputePlan, AFailureIsRememberedForTheImageThatFailed) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  auto& behaviour = world.engine.behaviour[world.desired.containers[0].template_hash];
  behaviour.exits = true;
  world.Run(10);
  ASSERT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  behaviour.exits = false;
  world.engine.images["web:2"] = "sha256:fixed";
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web")->image_id, "sha256:fixed");
}

TEST(ComputePlan, AFailureOfAnImageIsRecordedOnceAlsoWhereNothingRestarts) {
  WorkloadWorld world;
  world.WantLimits({.restart = v1::RestartPolicy::Never});
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  auto& behaviour = world.engine.behaviour[world.desired.containers[0].template_hash];
  behaviour.exits = true;
  world.Run(10);
  ASSERT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  EXPECT_EQ(world.PlanText(), "");
  world.engine.images.erase("web:2");
  EXPECT_EQ(world.PlanText(), "");
  EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  world.engine.images["web:2"] = "sha256:fixed";
  behaviour.exits = false;
  world.Run(10);
  EXPECT_EQ(world.engine.FindByName("web")->image_id, "sha256:fixed");
}

TEST(ComputePlan, OfFailedReleasesTheNewestContainerIsKept) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  for (const char* value : {"1", "2", "3"}) {
    ContainerTemplate spec{.image = "web:2"};
    spec.env = {{.name = "A", .value = value}};
    world.Want(1, spec);
    world.engine.behaviour[world.desired.containers[0].template_hash] = {.exits = true};
    world.Run(10);
    ASSERT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  }
  EXPECT_EQ(world.engine.containers.size(), 2u);
  EXPECT_TRUE(world.engine.FindByName("web.4"));
}

TEST(ComputePlan, ALimitThatTheEngineRefusesHoldsUpNoRepair) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.WantLimits({.nano_cpus = 64'000'000'000});
  world.engine.fail = [](const std::string& call) {
    return call == "update web" ? std::optional(Error{ErrorKind::Terminal, "range of CPUs"}) : std::nullopt;
  };
  world.engine.FindByName("web")->state = ContainerState::Exited;
  world.engine.FindByName("web")->networks.clear();
  world.Run(3);
  EXPECT_EQ(world.engine.FindByName("web")->state, ContainerState::Running);
  EXPECT_EQ(world.engine.FindByName("web")->networks.size(), 1u);
  ASSERT_TRUE(world.last_error);
}

TEST(ComputePlan, NetworksAreJoinedBeforeOthersAreLeft) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.desired.containers[0].networks = {{.network = "backend", .aliases = {"web"}}};
  world.desired.networks = {{.name = "backend", .external = true}};
  EXPECT_EQ(world.PlanText(),
            "[1] ensure network backend (drift: networks or aliases)\n"
            "[2] connect web to network backend as web (drift: networks or aliases)\n"
            "[3] disconnect web from network tinyforge (drift: networks or aliases)\n");
}

TEST(ComputePlan, WhatCannotBeRemovedHoldsUpNothing) {
  WorkloadWorld world;
  world.Want(2, "web:1");
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer dead = *world.engine.FindByName("web");
  dead.id = "dead";
  dead.name = "dead";
  dead.labels[std::string(label::kSeq)] = "9";
  dead.state = ContainerState::Dead;
  world.engine.containers["dead"] = dead;
  world.engine.FindByName("web-2")->state = ContainerState::Exited;
  world.engine.fail = [](const std::string& call) -> std::optional<Error> {
    if (call == "remove dead") return Error{ErrorKind::Transient, "device busy"};
    return std::nullopt;
  };
  world.Pass();
  EXPECT_EQ(world.engine.FindByName("web-2")->state, ContainerState::Running);
  EXPECT_TRUE(world.last_error);
}

TEST(ComputePlan, ACommandThatCannotRunIsNotStartedOverAndOver) {
  WorkloadWorld world;
  world.engine.behaviour[world.desired.containers[0].template_hash] = {.cannot_start = true};
  world.Run(5);
  EXPECT_EQ(std::count(world.engine.calls.begin(), world.engine.calls.end(), "start web"), 1);
  EXPECT_EQ(world.Decide().verdict.reason, "CannotRun");
}

TEST(ComputePlan, WhatRunsOnceAndIsDoneIsNotMadeAgainUntilItsReleaseChanges) {
  WorkloadWorld world;
  world.desired.job = true;
  world.WantLimits({.restart = v1::RestartPolicy::Never});
  world.Pass();
  ObservedContainer* job = world.engine.FindByName("web");
  job->state = ContainerState::Exited;
  job->exit_code = 0;
  const Decision ended = world.Decide();
  EXPECT_EQ(ended.verdict.phase, Phase::Ready);
  ASSERT_FALSE(ended.done.empty());
  world.facts.facts["web"].done = ended.done;
  world.engine.containers.clear();  // pruned by hand
  EXPECT_EQ(world.PlanText(), "");
  EXPECT_EQ(world.Decide().verdict.ready_replicas, 1);
  EXPECT_FALSE(NeedsImage(world.desired, world.Observe(), world.context));
  world.desired.containers[0].template_hash = "another";
  EXPECT_THAT(world.PlanText(), HasSubstr("create web"));
}

TEST(ComputePlan, NamesThatWereSwappedByHandAreSwappedBack) {
  WorkloadWorld world;
  world.Want(2, "web:1");
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer* one = world.engine.FindByName("web");
  ObservedContainer* two = world.engine.FindByName("web-2");
  one->name = "web-2";
  two->name = "web";
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(one->name, "web");
  EXPECT_EQ(two->name, "web-2");
}

TEST(ComputeTeardown, StopsThenRemovesOwnContainersOnly) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer forged = *world.engine.FindByName("web");
  forged.id = "forged";
  forged.name = "forged";
  forged.image_id = "sha256:other";
  world.engine.containers["forged"] = forged;
  for (int i = 0; i < 3; ++i)
    Apply(ComputeTeardown(world.Observe()).plan,
          {world.engine, world.files, world.facts, world.logs, world.host_images, world.tasks});
  EXPECT_EQ(world.engine.FindByName("web"), nullptr);
  EXPECT_NE(world.engine.FindByName("forged"), nullptr);
}

}  // namespace
}  // namespace tinyforge
