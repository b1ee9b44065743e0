// Commands after a start: begun once for each start of ours, waited for, and what their failure means.
#include "reconcilers/workload/hooks.h"

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
using v1::RolloutStrategy;

class HooksTest : public ::testing::Test {
 protected:
  HooksTest() { Want("web:1"); }
  void Want(const std::string& image) {
    ContainerTemplate spec;
    spec.image = image;
    spec.post_start = {{.command = {"/warm-up"}}};
    world.Want(1, spec);
  }
  ObservedContainer& Web(const std::string& name = "web") { return *world.engine.FindByName(name); }
  // What is under way ends so.
  void End(HookState state, const std::string& message = "") {
    for (auto& [id, report] : world.engine.hooks)
      if (report.state == HookState::Running || report.state == HookState::Queued)
        report = {.state = state, .at = SysTime(Duration(5)), .message = message};
  }
  void Serve() {
    world.Run(2);
    End(HookState::Succeeded);
    ASSERT_GE(world.Settle(), 0) << world.Describe();
    world.TakeCalls();
  }

  WorkloadWorld world;
};

TEST_F(HooksTest, AreBegunOnceAfterTheStartAndWaitedFor) {
  world.Run(4);
  EXPECT_THAT(world.TakeCalls(), ElementsAre("create web", "start web", "hooks web"));
  Decision decision = world.Decide();
  EXPECT_TRUE(decision.plan.empty()) << world.Describe();
  EXPECT_EQ(decision.verdict.phase, Phase::Progressing);
  EXPECT_EQ(decision.verdict.ready_replicas, 0);
  EXPECT_THAT(decision.verdict.message, HasSubstr("waiting for post_start of web"));
  End(HookState::Succeeded);
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.Decide().verdict.ready_replicas, 1);
  EXPECT_THAT(world.facts.facts["web"].hooked, ElementsAre(ShortId(Web().id)));
}

TEST_F(HooksTest, AnotherControllerBeginsThemUnlessTheyAreKnownToHaveEndedWell) {
  world.Run(2);
  world.TakeCalls();
  world.engine.hooks.clear();  // it was killed while they ran
  world.Run(1);
  EXPECT_THAT(world.TakeCalls(), ElementsAre("hooks web"));
  End(HookState::Succeeded);
  ASSERT_GE(world.Settle(), 0);
  world.engine.hooks.clear();
  EXPECT_TRUE(world.Decide().plan.empty()) << world.Describe();
}

TEST_F(HooksTest, ARestartByTheEngineBeginsNone) {
  Serve();
  world.engine.SetRunning(Web());
  ASSERT_GE(world.Settle(), 0);
  EXPECT_THAT(world.TakeCalls(), IsEmpty());
}

TEST_F(HooksTest, EveryStartOfOursBeginsThem) {
  Serve();
  ASSERT_TRUE(world.engine.BeginStop("web"));
  world.TakeCalls();
  world.Run(2);
  EXPECT_THAT(world.TakeCalls(), ElementsAre("start web", "hooks web"));
}

TEST_F(HooksTest, AStartThatIsCutShortForgetsFirst) {
  Serve();
  ASSERT_TRUE(world.engine.BeginStop("web"));
  world.engine.fail = [](const std::string& call) {
    return call == "start web" ? std::optional(Error{ErrorKind::Transient, "gone"}) : std::nullopt;
  };
  world.Pass();
  EXPECT_THAT(world.facts.facts["web"].hooked, IsEmpty());
}

TEST_F(HooksTest, AFailureFailsTheServiceUntilItIsToBeTriedAgain) {
  world.Run(2);
  End(HookState::Failed, "post_start [\"/warm-up\"]: ended with exit code 3: no");
  world.TakeCalls();
  world.Run(3);
  const Verdict verdict = world.Decide().verdict;
  EXPECT_EQ(verdict.phase, Phase::Failed);
  EXPECT_EQ(verdict.reason, "PostStartFailed");
  EXPECT_THAT(verdict.message, HasSubstr("exit code 3"));
  EXPECT_THAT(world.TakeCalls(), IsEmpty());
  world.facts.facts["web"].retried = SysTime(Duration(6));
  world.Run(1);
  EXPECT_THAT(world.TakeCalls(), ElementsAre("hooks web"));
}

TEST_F(HooksTest, ACandidateOfWhichTheyFailIsRefusedAndTheOldOneStays) {
  for (const RolloutStrategy strategy : {RolloutStrategy::BlueGreen, RolloutStrategy::Recreate}) {
    world = WorkloadWorld();
    world.context.strategy = strategy;
    Want("web:1");
    Serve();
    Want("web:2");
    for (int pass = 0; pass < 12; ++pass) {
      world.Run(1);
      const ObservedContainer* candidate = world.engine.FindByName("web.2");
      if (candidate && world.engine.hooks.contains(candidate->id))
        End(HookState::Failed, "post_start: ended with exit code 3");
      else
        End(HookState::Succeeded);
    }
    EXPECT_EQ(Web().image_id, "sha256:one") << world.Describe();
    EXPECT_EQ(Web().state, ContainerState::Running) << world.Describe();
    EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed") << world.Describe();
    EXPECT_THAT(world.Decide().verdict.message, HasSubstr("exit code 3"));
  }
}

TEST_F(HooksTest, WhatIsKnownOfContainersThatAreGoneIsForgotten) {
  Serve();
  const std::string before = ShortId(Web().id);
  Want("web:2");
  for (int pass = 0; pass < 20; ++pass) world.Run(1), End(HookState::Succeeded);
  EXPECT_EQ(Web().image_id, "sha256:two") << world.Describe();
  EXPECT_THAT(world.facts.facts["web"].hooked, Contains(ShortId(Web().id)));
  EXPECT_TRUE(world.Decide().plan.empty()) << world.Describe();
}

TEST_F(HooksTest, WithoutThemNothingIsBegun) {
  world.Want(1, ContainerTemplate{.image = "web:1"});
  ASSERT_GE(world.Settle(), 0);
  EXPECT_THAT(world.TakeCalls(), Not(Contains("hooks web")));
}

// What was planned beside it is not undone.
TEST_F(HooksTest, WhatEndsWellIsNotedBesideAStartOfAnother) {
  ContainerTemplate spec{.image = "web:1"};
  spec.post_start = {{.command = {"/warm-up"}}};
  world.Want(2, spec);
  world.Run(3);
  End(HookState::Succeeded);
  ASSERT_GE(world.Settle(), 0) << world.Describe();
  std::erase(world.facts.facts["web"].hooked, ShortId(Web("web-2").id));
  world.engine.hooks[Web("web-2").id].state = HookState::Succeeded;
  ASSERT_TRUE(world.engine.BeginStop("web"));
  world.TakeCalls();
  world.Pass();
  EXPECT_THAT(world.TakeCalls(), ElementsAre("start web"));
  EXPECT_THAT(world.facts.facts["web"].hooked, ElementsAre(ShortId(Web("web-2").id)));
}

// What the world or a queue is to blame for is no failure of the release, however long it lasts.
TEST_F(HooksTest, WhatIsAwaitedFailsNoRelease) {
  world.context.strategy = RolloutStrategy::BlueGreen;
  Serve();
  Want("web:2");
  for (const HookState state : {HookState::Queued, HookState::Waiting}) {
    world.Run(4);
    const ObservedContainer* candidate = world.engine.FindByName("web.2");
    ASSERT_NE(candidate, nullptr) << world.Describe();
    world.engine.Tick(world.context.deadline + Duration(1));
    world.engine.hooks[candidate->id] = {
        .state = state, .message = "post_start: secret shop/key is not set", .pause = Duration(1)};
    const Decision decision = world.Decide();
    EXPECT_EQ(decision.verdict.phase, Phase::Waiting) << world.Describe();
    EXPECT_EQ(decision.verdict.reason, "PostStartWaiting");
    EXPECT_THAT(decision.verdict.message, HasSubstr("secret shop/key is not set"));
  }
  world.engine.hooks[world.engine.FindByName("web.2")->id] = {.state = HookState::Queued};
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Progressing) << "its first turn is on its way";
  const std::string candidate = world.engine.FindByName("web.2")->id;
  HookReport& report = world.engine.hooks[candidate];
  report.state = HookState::Running;
  EXPECT_THAT(ToString(world.Decide().plan), Not(HasSubstr("record failed release"))) << "they have their own limit";
  report = {.state = HookState::Succeeded, .at = world.context.now};
  world.desired.containers[0].probe = v1::Healthcheck{.http = v1::HttpProbe{.path = "/healthz", .port = 80}};
  world.probes[candidate] = {ProbeState::Unknown, "connection refused"};
  EXPECT_THAT(ToString(world.Decide().plan), Not(HasSubstr("record failed release"))) << "its deadline begins now";
  world.context.now += world.context.deadline;
  EXPECT_THAT(ToString(world.Decide().plan), HasSubstr("record failed release"));
}

// Where the old one has made room nobody serves meanwhile.
TEST_F(HooksTest, WhatIsAwaitedTooLongGivesTheOldOneItsPlaceBack) {
  world.context.strategy = RolloutStrategy::Recreate;
  Serve();
  Want("web:2");
  world.Run(4);
  const ObservedContainer* candidate = world.engine.FindByName("web.2");
  ASSERT_NE(candidate, nullptr) << world.Describe();
  ASSERT_EQ(world.Up(), 1) << world.Describe();
  HookReport& report = world.engine.hooks[candidate->id];
  report = {.state = HookState::Waiting, .message = "post_start: secret shop/key is not set"};
  world.engine.Tick(world.context.deadline);
  world.Run(6);
  EXPECT_EQ(Web().image_id, "sha256:one") << world.Describe();
  EXPECT_EQ(Web().state, ContainerState::Running) << world.Describe();
  EXPECT_THAT(world.Decide().verdict.message, HasSubstr("secret shop/key is not set"));
  EXPECT_EQ(world.facts.facts["web"].failed.size(), 1u) << "as with any deadline";
}

// The Engine may have checked before they had ended.
TEST_F(HooksTest, AVerdictOfBeforeTheirEndIsNone) {
  Serve();
  Web().health = ContainerHealth::Unhealthy;
  NativeHealthcheck& check = world.desired.containers[0].spec.healthcheck.emplace();
  check.interval = check.timeout = std::chrono::seconds(5);
  HookReport& report = world.engine.hooks[Web().id];
  report = {.state = HookState::Succeeded, .at = world.context.now - std::chrono::seconds(14)};
  EXPECT_EQ(world.Decide().verdict.phase, Phase::Progressing) << world.Describe();
  report.at = world.context.now - std::chrono::seconds(15);
  EXPECT_EQ(world.Decide().verdict.reason, "Unhealthy") << world.Describe();
}

// There may be no room in the facts.
TEST_F(HooksTest, WhatCannotBeNotedIsNotRunAgain) {
  world.Run(2);
  End(HookState::Succeeded);
  world.TakeCalls();
  for (int pass = 0; pass < 3; ++pass) {
    world.Pass();
    world.facts.facts["web"].hooked.clear();
  }
  EXPECT_THAT(world.TakeCalls(), IsEmpty());
  EXPECT_EQ(world.Decide().verdict.ready_replicas, 1);
}

TEST_F(HooksTest, WhatWasAwaitedIsBegunAgainAfterItsPause) {
  world.Run(2);
  world.TakeCalls();
  world.engine.hooks[Web().id] = {
      .state = HookState::Waiting, .at = world.context.now, .message = "no", .pause = std::chrono::seconds(4)};
  Decision decision = world.Decide();
  EXPECT_TRUE(decision.plan.empty()) << world.Describe();
  EXPECT_EQ(decision.verdict.come_back, std::chrono::seconds(4));
  world.engine.Tick(std::chrono::seconds(4));
  world.Pass();
  EXPECT_THAT(world.TakeCalls(), ElementsAre("hooks web"));
}

TEST_F(HooksTest, OfAnImagesLabelNothingIsRun) {
  world.Want(1, ContainerTemplate{.image = "web:1"});
  world.Run(2);
  Web().labels[std::string(label::kPostStart)] = R"([{"command":["/x"]}])";
  ASSERT_GE(world.Settle(), 0);
  EXPECT_THAT(world.TakeCalls(), Not(Contains("hooks web")));
}

}  // namespace
}  // namespace tinyforge
