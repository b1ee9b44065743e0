// What ends, and what that means: jobs, services that were stopped, and what they leave to their successors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/workload/workload_world.h"

namespace tinyforge {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using v1::RestartPolicy;
using v1::RolloutStrategy;

constexpr RolloutStrategy kBoth[] = {RolloutStrategy::BlueGreen, RolloutStrategy::Recreate};

class JobTest : public ::testing::Test {
 protected:
  void Begin(RolloutStrategy strategy, RestartPolicy restart = RestartPolicy::Never) {
    world = WorkloadWorld();
    world.context.strategy = strategy;
    world.WantLimits({.restart = restart});
  }
  // How a container of what is desired now fares.
  void Ends(int code) { world.engine.behaviour[Hash()] = {.exits = true, .exit_code = code}; }
  std::string Hash() { return world.desired.containers[0].template_hash; }
  ObservedContainer& Serving() { return *world.engine.FindByName("web"); }
  std::string ImageThatServes() { return Serving().image_id; }
  void Keep(const Decision& decision) { world.facts.facts["web"].done = decision.done; }

  WorkloadWorld world;
};

TEST_F(JobTest, WhatEndsAtOnceIsNoProofBesideWhatServes) {
  for (const RolloutStrategy strategy : kBoth) {
    Begin(strategy);
    ASSERT_GE(world.Settle(), 0);
    world.Want(1, "web:2");
    Ends(0);
    world.Run(6);
    EXPECT_EQ(ImageThatServes(), "sha256:one");
    EXPECT_EQ(Serving().state, ContainerState::Running);
    EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed");
    world.facts.facts["web"] = {};  // lost
    world.Run(6);
    EXPECT_EQ(ImageThatServes(), "sha256:one") << world.Describe();
    EXPECT_EQ(Serving().state, ContainerState::Running);
  }
}

TEST_F(JobTest, ACandidateThatWasPutDownIsNoProof) {
  for (const RolloutStrategy strategy : kBoth) {
    Begin(strategy);
    ASSERT_GE(world.Settle(), 0);
    world.Want(1, "web:2");
    while (!world.engine.FindByName("web.2") || world.engine.FindByName("web.2")->state != ContainerState::Running)
      world.Pass();
    const std::string id = world.engine.FindByName("web.2")->id;
    ASSERT_TRUE(world.engine.BeginStop(id));
    world.Pass();
    EXPECT_FALSE(world.engine.containers.contains(id)) << world.Describe();
    EXPECT_EQ(ImageThatServes(), "sha256:one");
    EXPECT_EQ(Serving().state, ContainerState::Running);
    EXPECT_TRUE(world.facts.facts["web"].failed.empty());
    ASSERT_GE(world.Settle(), 0);
    EXPECT_EQ(ImageThatServes(), "sha256:two");
  }
}

TEST_F(JobTest, AFailedCandidateThatEndedWellWhenItWasPutDownIsTriedAnewByARetry) {
  Begin(RolloutStrategy::BlueGreen);
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.Pass();
  const std::string candidate = world.engine.FindByName("web.2")->id;
  world.engine.containers[candidate].health = ContainerHealth::Unhealthy;
  world.Run(3);
  ASSERT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  ASSERT_EQ(world.engine.containers[candidate].exit_code, 0);
  world.facts.facts["web"] = {.retried = SysTime(std::chrono::hours(1))};
  world.Pass();
  EXPECT_FALSE(world.engine.containers.contains(candidate));
  EXPECT_EQ(ImageThatServes(), "sha256:one");
  EXPECT_EQ(Serving().state, ContainerState::Running);
}

TEST_F(JobTest, WhatIsAwaitedToCompleteTakesOverByItsEnd) {
  for (const RolloutStrategy strategy : kBoth) {
    Begin(strategy);
    ASSERT_GE(world.Settle(), 0);
    world.Want(1, "web:2");
    world.desired.job = true;
    Ends(0);
    ASSERT_GE(world.Settle(), 0);
    EXPECT_EQ(ImageThatServes(), "sha256:two");
    EXPECT_EQ(world.Decide().verdict.phase, Phase::Ready);
  }
}

TEST_F(JobTest, WhatWasStoppedIsStartedAgain) {
  Begin(RolloutStrategy::BlueGreen);
  ASSERT_GE(world.Settle(), 0);
  ASSERT_TRUE(world.engine.BeginStop(Serving().id));
  const Decision decision = world.Pass();
  EXPECT_EQ(decision.verdict.phase, Phase::Progressing);
  EXPECT_EQ(decision.done, "");
  EXPECT_EQ(Serving().state, ContainerState::Running);
}

TEST_F(JobTest, WhatEndedByItselfIsDoneUntilItRunsAgain) {
  Begin(RolloutStrategy::BlueGreen);
  Ends(0);
  ASSERT_GE(world.Settle(), 0);
  const Decision ended = world.Decide();
  EXPECT_EQ(ended.verdict.phase, Phase::Ready);
  ASSERT_NE(ended.done, "");
  Keep(ended);
  Serving().interrupted = true;  // nobody can tell any more, after a restart of the controller
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Ready);
  EXPECT_EQ(world.PlanText(), "");
  world.engine.behaviour.clear();
  ASSERT_TRUE(world.engine.Start(Serving().id));
  ASSERT_GE(world.Settle(), 0);
  const Decision runs = world.Decide();
  EXPECT_EQ(runs.verdict.phase, Phase::Ready);
  EXPECT_EQ(runs.done, "");
}

TEST_F(JobTest, AJobIsReplacedByOneThatCompletes) {
  for (const RolloutStrategy strategy : kBoth)
    for (const RestartPolicy restart : {RestartPolicy::Never, RestartPolicy::OnFailure})
      for (const int first : {0, 1}) {
        Begin(strategy, restart);
        Ends(first);
        world.Run(2);
        world.Want(1, "web:2");
        Ends(0);
        world.TakeCalls();
        ASSERT_GE(world.Settle(), 0);
        EXPECT_EQ(ImageThatServes(), "sha256:two") << world.Describe();
        EXPECT_EQ(world.Decide().verdict.phase, Phase::Ready);
        EXPECT_THAT(world.engine.calls, Not(Contains("start web")));
      }
}

TEST_F(JobTest, WhatHadCompletedIsNotRunAgainWhenItsSuccessorFails) {
  for (const RolloutStrategy strategy : kBoth)
    for (const RestartPolicy restart : {RestartPolicy::Never, RestartPolicy::OnFailure}) {
      Begin(strategy, restart);
      Ends(0);
      ASSERT_GE(world.Settle(), 0);
      world.Want(1, "web:2");
      Ends(3);
      world.TakeCalls();
      world.Run(6);
      EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed");
      EXPECT_THAT(world.engine.calls, Not(Contains("start web")));
      EXPECT_THAT(world.engine.calls, Not(Contains("no-restart web")));
    }
}

TEST_F(JobTest, WhatFailedIsRunAgainWhenAPersonAsks) {
  Begin(RolloutStrategy::BlueGreen);
  Ends(1);
  world.Run(2);
  ASSERT_EQ(world.Decide().verdict.reason, "ContainerFailed");
  Serving().finished = SysTime(std::chrono::hours(1));
  EXPECT_EQ(world.PlanText(), "");
  world.facts.facts["web"].retried = SysTime(std::chrono::hours(2));
  EXPECT_THAT(world.PlanText(), HasSubstr("start web (to be tried again)"));
  Serving().finished = SysTime(std::chrono::hours(3));
  EXPECT_EQ(world.PlanText(), "");
}

// --- anonymous volumes ---

class AnonymousVolume : public ::testing::Test {
 protected:
  AnonymousVolume() {
    ContainerTemplate spec{.image = "web:1"};
    spec.mounts = {{.type = MountType::Volume, .target = "/data"}};
    world.Want(1, spec);
    EXPECT_GE(world.Settle(), 0);
    volume = Volume("web");
    EXPECT_TRUE(IsAnonymousVolume(volume));
  }
  std::string Volume(const std::string& name) { return world.engine.FindByName(name)->mounts.at(0).source; }

  WorkloadWorld world;
  std::string volume;
};

TEST_F(AnonymousVolume, OfADeclaredOneTheReplacementTakesOver) {
  world.Want(1, "web:2");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web")->image_id, "sha256:two");
  EXPECT_EQ(Volume("web"), volume);
}

TEST_F(AnonymousVolume, OneThatIsNamedFromNowOnIsNotTakenOver) {
  ContainerTemplate spec = world.desired.containers[0].spec;
  spec.mounts[0].source = "named";
  world.Want(1, spec);
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(Volume("web"), "named");
}

TEST_F(AnonymousVolume, OfWhatWasKilledTheSuccessorTakesOver) {
  for (const bool stays : {true, false}) {
    ObservedContainer& killed = *world.engine.FindByName("web");
    killed.state = ContainerState::Killed;
    world.engine.running.erase(killed.id);
    world.Pass();
    if (!stays) std::erase_if(world.engine.containers, [](const auto& c) { return c.second.name == "web"; });
    ASSERT_GE(world.Settle(), 0) << world.Describe();
    EXPECT_EQ(Volume("web"), volume);
    EXPECT_EQ(world.Up(), 1);
  }
}

TEST_F(AnonymousVolume, OfWhatCanNeverBeStartedTheSuccessorTakesOver) {
  for (const std::string failed : {"", "create", "remove"}) {
    ObservedContainer& broken = *world.engine.FindByName("web");
    broken.state = ContainerState::Created;
    broken.error = "network 12ab not found";
    world.engine.running.erase(broken.id);
    const std::string id = broken.id;
    bool done = failed.empty();
    world.engine.fail = [&](const std::string& call) -> std::optional<Error> {
      if (done || !call.starts_with(failed)) return std::nullopt;
      done = true;
      return Error{ErrorKind::Transient, "the Engine is gone"};
    };
    ASSERT_GE(world.Settle(), 0) << world.Describe();
    EXPECT_FALSE(world.engine.containers.contains(id));
    EXPECT_EQ(Volume("web"), volume);
    EXPECT_EQ(world.engine.containers.size(), 1u);
  }
}

}  // namespace
}  // namespace tinyforge
