// Rollouts by health, deadlines, what stays after a failure, stops on purpose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/workload/workload_world.h"

namespace tinyforge {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Rollout : public ::testing::Test {
 protected:
  // web:1 serves, web:2 is its candidate, started and probed over http.
  void BeginUpdate(v1::Healthcheck check = {.http = v1::HttpProbe{.path = "/healthz", .port = 80}}) {
    ASSERT_GE(world.Settle(), 0);
    world.Want(1, "web:2");
    for (DesiredContainer& c : world.desired.containers) {
      c.probe = check;
      c.on_unhealthy = check.on_unhealthy;
    }
    world.Pass();
    candidate = world.engine.FindByName("web.2");
    ASSERT_NE(candidate, nullptr);
  }
  void Report(ProbeState state, const std::string& message = "") { world.probes[candidate->id] = {state, message}; }
  Verdict Next() { return world.Pass().verdict; }
  ContainerState StateOf(const std::string& name) { return StateOf(name, world); }
  static ContainerState StateOf(const std::string& name, WorkloadWorld& host) {
    return host.engine.FindByName(name)->state;
  }

  WorkloadWorld world;
  ObservedContainer* candidate = nullptr;
};

TEST_F(Rollout, ACandidateTakesOverAsSoonAsItsProbeSucceedsAndNotBefore) {
  BeginUpdate();
  Report(ProbeState::Unknown);
  world.engine.Tick(seconds(30));
  EXPECT_THAT(world.PlanText(), IsEmpty());
  EXPECT_THAT(Next().message, HasSubstr("waiting for the first probe of web.2"));
  Report(ProbeState::Healthy);
  EXPECT_THAT(world.PlanText(), HasSubstr("rename web.2 to web"));
}

TEST_F(Rollout, AnUnhealthyCandidateIsAFailedRelease) {
  BeginUpdate();
  Report(ProbeState::Unhealthy, "status 503");
  EXPECT_EQ(Next().reason, "RolloutFailed");
  world.Run(3);
  EXPECT_EQ(StateOf("web"), ContainerState::Running);
  EXPECT_EQ(StateOf("web.2"), ContainerState::Exited);
  EXPECT_THAT(Next().message, HasSubstr("status 503; the old version stays; its last words: panic: no configuration"));
}

TEST_F(Rollout, WhatEndedAndWasRestartedByTheEngineIsTakenDownAtOnceWithItsExitCode) {
  for (const auto strategy : {v1::RolloutStrategy::BlueGreen, v1::RolloutStrategy::Recreate}) {
    world = WorkloadWorld();
    world.context.strategy = strategy;
    BeginUpdate();
    world.Pass();  // started, by Recreate
    candidate->restart_count = 1;
    candidate->exit_code = 3;
    world.TakeCalls();
    EXPECT_THAT(Next().message, HasSubstr("web.2 is running again after it ended, exit code 3; the old version stays"));
    EXPECT_EQ(StateOf("web.2"), ContainerState::Exited);
    EXPECT_THAT(world.engine.calls, ::testing::Contains("kill web.2"));
    world.Run(3);
    EXPECT_EQ(StateOf("web"), ContainerState::Running);
  }
}

TEST_F(Rollout, AnOldOneInACrashLoopIsTakenDownBeforeItLosesItsName) {
  BeginUpdate();
  Report(ProbeState::Healthy);
  ObservedContainer* old = world.engine.FindByName("web");
  old->state = ContainerState::Restarting;
  old->restart_count = 7;
  world.engine.running.erase(old->id);
  EXPECT_THAT(world.PlanText(), HasSubstr("signal KILL to web"));
  EXPECT_LT(world.PlanText().find("signal KILL to web"), world.PlanText().find("rename web to"));
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web")->image_id, "sha256:two");
}

TEST_F(Rollout, WhatIsNotHealthyByTheDeadlineHasFailed) {
  BeginUpdate();
  Report(ProbeState::Unknown, "connection refused");
  world.engine.Tick(minutes(2) - seconds(1));
  EXPECT_EQ(Next().come_back, seconds(1));
  world.engine.Tick(seconds(1));
  const Verdict verdict = Next();
  EXPECT_EQ(verdict.reason, "RolloutFailed");
  EXPECT_THAT(verdict.message,
              HasSubstr("the deadline of 2m has passed: web.2 is not healthy yet: connection refused"));
}

TEST_F(Rollout, WhatCannotBeReachedIsWaitedForAndNoFailure) {
  BeginUpdate();
  Report(ProbeState::Unreachable, "no route to host");
  world.engine.Tick(minutes(10));
  const Verdict verdict = Next();
  EXPECT_EQ(verdict.phase, Phase::Waiting);
  EXPECT_EQ(verdict.reason, "ProbeUnreachable");
  EXPECT_EQ(StateOf("web"), ContainerState::Running);
  EXPECT_THAT(world.facts.facts["web"].failed, IsEmpty());
}

TEST_F(Rollout, AnImpliedProbeIsWaitedForAndSpeaksAgainstNothing) {
  BeginUpdate({.tcp = v1::TcpProbe{80}});
  world.desired.containers[0].probe_implied = true;
  Report(ProbeState::Unknown, "connection refused");
  world.engine.Tick(seconds(20));
  EXPECT_EQ(Next().phase, Phase::Progressing);
  Report(ProbeState::Unhealthy, "connection refused");  // it declares a port and does not open it
  EXPECT_THAT(world.PlanText(), HasSubstr("rename web.2 to web"));
}

TEST_F(Rollout, RollingGoesOnWhileWhatItReplacedIsDrainedAndStopsAtASickOne) {
  world.context.strategy = v1::RolloutStrategy::Rolling;
  world.Want(2, "web:1");
  ASSERT_GE(world.Settle(), 0);
  world.Want(2, "web:2");
  world.Pass();
  EXPECT_FALSE(world.engine.FindByName("web-2.4"));
  world.engine.Tick(seconds(10));
  world.Pass();  // the first has switched
  world.Pass();
  EXPECT_EQ(StateOf("web.1"), ContainerState::Running);
  ASSERT_TRUE(world.engine.FindByName("web-2.4"));
  world.engine.FindByName("web")->health = ContainerHealth::Unhealthy;
  world.Want(3, "web:2");
  EXPECT_THAT(world.PlanText(), ::testing::Not(HasSubstr("create web-2")));
}

TEST_F(Rollout, HoldLeavesTheFailedOneAsItIs) {
  world.context.on_failure = v1::OnRolloutFailure::Hold;
  BeginUpdate();
  Report(ProbeState::Unhealthy, "status 503");
  world.Run(5);
  EXPECT_EQ(StateOf("web"), ContainerState::Running);
  EXPECT_EQ(StateOf("web.2"), ContainerState::Running);
  EXPECT_EQ(world.engine.FindByName("web.2")->restart, v1::RestartPolicy::Always);
  EXPECT_THAT(Next().message, HasSubstr("onFailure: Hold"));
}

TEST_F(Rollout, RecreateWithHoldDoesNotBringTheOldOneBack) {
  world.context.strategy = v1::RolloutStrategy::Recreate;
  world.context.on_failure = v1::OnRolloutFailure::Hold;
  world.NeverTwoUp();
  BeginUpdate();
  world.Run(3);
  candidate = world.engine.FindByName("web.2");
  Report(ProbeState::Unhealthy, "status 503");
  world.Run(5);
  EXPECT_EQ(StateOf("web"), ContainerState::Exited);
  EXPECT_EQ(StateOf("web.2"), ContainerState::Running);
}

TEST_F(Rollout, WhatTurnsUnhealthyLaterIsRestartedOnlyWhenAsked) {
  BeginUpdate();
  Report(ProbeState::Healthy);
  ASSERT_GE(world.Settle(), 0);
  Report(ProbeState::Unhealthy, "status 500");
  EXPECT_EQ(Next().reason, "Unhealthy");
  EXPECT_EQ(StateOf("web"), ContainerState::Running);
  world.desired.containers[0].on_unhealthy = v1::OnUnhealthy::Restart;
  world.engine.Tick(minutes(5));
  EXPECT_THAT(world.PlanText(), HasSubstr("stop web (web is unhealthy: status 500)"));
  world.Pass();
  EXPECT_THAT(world.PlanText(), HasSubstr("start web (drift: state is exited)"));
}

TEST_F(Rollout, RestartsOfWhatStaysUnhealthyAreFurtherAndFurtherApart) {
  BeginUpdate({.http = v1::HttpProbe{.port = 80}, .on_unhealthy = v1::OnUnhealthy::Restart});
  Report(ProbeState::Healthy);
  ASSERT_GE(world.Settle(), 0);
  candidate = world.engine.FindByName("web");
  Report(ProbeState::Unhealthy);
  candidate->started = candidate->created + seconds(90);
  world.engine.running[candidate->id] = seconds(60);
  EXPECT_EQ(Next().come_back, seconds(30));
  candidate->started = candidate->created + minutes(90);
  EXPECT_EQ(Next().come_back, minutes(4));
}

TEST_F(Rollout, WhatRanBeforeTheControllerIsReadyUntilItIsKnownBetter) {
  BeginUpdate();
  Report(ProbeState::Healthy);
  ASSERT_GE(world.Settle(), 0);
  world.context.now += minutes(10);
  candidate = world.engine.FindByName("web");
  candidate->started = world.context.now - minutes(5);
  Report(ProbeState::Unknown);
  EXPECT_EQ(Next().phase, Phase::Ready);
  Report(ProbeState::Unknown, "connection refused");
  EXPECT_EQ(Next().phase, Phase::Progressing);
}

TEST_F(Rollout, StoppedOnPurposeStaysDownAndStartsAgain) {
  world.Want(2, "web:1");
  ASSERT_GE(world.Settle(), 0);
  world.facts.facts["web"].stopped = true;
  const Verdict verdict = Next();
  EXPECT_EQ(verdict.reason, "Stopped");
  EXPECT_THAT(verdict.message, HasSubstr("tfctl start web"));
  EXPECT_EQ(world.Up(), 0);
  world.TakeCalls();
  world.Run(10);
  EXPECT_THAT(world.engine.calls, IsEmpty());
  world.facts.facts["web"].stopped = false;
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.Up(), 2);
  EXPECT_EQ(world.engine.FindByName("web")->restart, v1::RestartPolicy::Always);
}

TEST_F(Rollout, AFirstStartAndAnUpdateWaitForWhatIsDependedOnAndARepairDoesNot) {
  world.context.awaited = "waiting for db";
  EXPECT_EQ(Next().reason, "DependencyNotReady");
  EXPECT_THAT(world.engine.calls, IsEmpty());
  world.context.awaited.clear();
  ASSERT_GE(world.Settle(), 0);
  world.facts.facts["web"].good.push_back(*world.Decide().proven);
  world.context.awaited = "waiting for db";
  world.engine.containers.clear();
  EXPECT_THAT(world.PlanText(), HasSubstr("create web (replica 1 is missing)"));
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.TakeCalls();
  EXPECT_EQ(Next().message, "waiting for db");
  EXPECT_EQ(StateOf("web"), ContainerState::Running);
  EXPECT_THAT(world.engine.calls, IsEmpty());
}

TEST_F(Rollout, AMemberOfACycleIsStalledAndStillRepaired) {
  ASSERT_GE(world.Settle(), 0);
  world.facts.facts["web"].good.push_back(*world.Decide().proven);
  world.context.cycle = "web -> db -> web";
  const Verdict verdict = Next();
  EXPECT_TRUE(verdict.stalled);
  EXPECT_THAT(verdict.message, HasSubstr("web -> db -> web"));
  world.engine.containers.clear();
  EXPECT_THAT(world.PlanText(), HasSubstr("create web"));
}

TEST_F(Rollout, ASickOneThatMayEndWellIsStartedAgainAllTheSame) {
  world.WantLimits({.restart = v1::RestartPolicy::OnFailure});
  BeginUpdate({.http = v1::HttpProbe{.port = 80}, .on_unhealthy = v1::OnUnhealthy::Restart});
  Report(ProbeState::Healthy);
  ASSERT_GE(world.Settle(), 0);
  Report(ProbeState::Unhealthy);
  world.engine.Tick(minutes(5));
  world.Run(2);
  Report(ProbeState::Healthy);
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(StateOf("web"), ContainerState::Running);
  EXPECT_EQ(world.engine.FindByName("web")->restart, v1::RestartPolicy::OnFailure);
}

TEST_F(Rollout, ASwitchThatWasCutShortAfterTheDisconnectGoesOn) {
  BeginUpdate();
  Report(ProbeState::Healthy);
  candidate->networks.clear();
  Report(ProbeState::Unreachable);  // nobody can probe it now
  EXPECT_EQ(world.PlanText(), "[1] connect web.2 to network tinyforge (image differs)\n");
  world.Pass();
  EXPECT_TRUE(candidate->networks.at("tinyforge").aliases.empty());
  Report(ProbeState::Healthy);
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web")->image_id, "sha256:two");
}

TEST_F(Rollout, WhatWasBegunWithOtherFilesIsBegunAnew) {
  BeginUpdate();
  Report(ProbeState::Unknown, "refused");
  world.desired.files = {{.target = "/etc/x", .host_path = "/live/x", .content_hash = "newer"}};
  world.desired.files.front().on_change = {.action = v1::FileChange::None};
  ObservedState observed = world.Observe();
  observed.written_files["/live/x"] = "new";
  world.context.facts = {};
  EXPECT_THAT(ToString(ComputePlan(world.desired, observed, world.context).plan), IsEmpty()) << "this commit began it";
  world.context.revision = "c0ffee2";
  EXPECT_THAT(ToString(ComputePlan(world.desired, observed, world.context).plan), HasSubstr("file /etc/x differs"));
  observed.written_files["/live/x"] = "newer";
  EXPECT_THAT(ToString(ComputePlan(world.desired, observed, world.context).plan), IsEmpty());
}

TEST_F(Rollout, AReplicaThatIsAddedAlongWithABadReleaseNeverComes) {
  ASSERT_GE(world.Settle(), 0);
  world.engine.behaviour[TemplateHash({.image = "web:2"})] = {.exits = true};
  world.Want(3, "web:2");
  for (int i = 0; i < 30; ++i) {
    world.Pass(), world.engine.Tick(seconds(1));
    EXPECT_EQ(world.engine.FindByName("web-2"), nullptr);
    EXPECT_EQ(StateOf("web"), ContainerState::Running);
  }
  EXPECT_EQ(Next().reason, "RolloutFailed");
  world.engine.behaviour.clear();
  world.engine.images["web:2"] = "sha256:better";
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.Up(), 3);
}

TEST_F(Rollout, AnOldOneThatCannotBeStartedHoldsUpNoRelease) {
  for (const bool refused : {false, true}) {
    WorkloadWorld host;
    host.engine.behaviour[host.desired.containers.front().template_hash] = {.cannot_start = !refused,
                                                                            .refused = refused};
    for (int i = 0; i < 3; ++i) host.Pass(), host.engine.Tick(seconds(5));
    host.Want(1, "web:2");
    ASSERT_GE(host.Settle(), 0) << host.Describe();
    EXPECT_EQ(host.engine.FindByName("web")->image_id, "sha256:two");
  }
}

TEST_F(Rollout, WhatCannotBeStartedWhereItIsIsMadeAnew) {
  for (const char* why :
       {"network ce9e not found", "Invalid address 10.213.0.1: It does not belong to any of this network's subnets"}) {
    WorkloadWorld host;
    ASSERT_GE(host.Settle(), 0);
    ObservedContainer& c = *host.engine.FindByName("web");
    c.state = ContainerState::Exited;
    c.error = why;
    host.engine.running.clear();
    EXPECT_THAT(host.PlanText(), HasSubstr("remove web")) << why;
    ASSERT_GE(host.Settle(), 0);
    EXPECT_EQ(StateOf("web", host), ContainerState::Running);
  }
}

// Killed between the two renames of a switch.
TEST_F(Rollout, ASwitchThatWasCutShortGoesOnWithoutAnError) {
  ASSERT_GE(world.Settle(), 0);
  world.Want(1, "web:2");
  world.Run(2);
  world.engine.FindByName("web")->name = "web.1";
  world.engine.Tick(seconds(10));
  while (world.engine.FindByName("web") == nullptr) {
    world.Pass();
    ASSERT_FALSE(world.last_error) << world.last_error->message;
  }
  EXPECT_EQ(world.engine.FindByName("web")->image_id, "sha256:two");
}

TEST_F(Rollout, RollingStopsAtAReplicaThatDoesNotStayUp) {
  world.context.strategy = v1::RolloutStrategy::Rolling;
  world.Want(2, "web:1");
  ASSERT_GE(world.Settle(), 0);
  world.Want(2, "web:2");
  world.Pass();
  world.engine.Tick(seconds(10));
  world.Pass();  // the first has switched
  ObservedContainer* first = world.engine.FindByName("web");
  first->state = ContainerState::Restarting;
  first->restart_count = 3;
  world.engine.running.erase(first->id);
  world.Run(20);
  EXPECT_EQ(world.engine.FindByName("web-2")->image_id, "sha256:one");
}

TEST_F(Rollout, WhatNeverRestartsComesBackWhenItsReplacementFails) {
  world.context.strategy = v1::RolloutStrategy::Recreate;
  world.WantLimits({.restart = v1::RestartPolicy::Never});
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer* old = world.engine.FindByName("web");
  old->started = old->created;
  world.engine.behaviour[TemplateHash({.image = "web:2"})] = {.exits = true};
  world.Want(1, "web:2");
  world.Pass();  // made, and the old one stopped
  old->finished = world.engine.FindByName("web.2")->created + seconds(1);
  world.Run(6);
  EXPECT_EQ(Next().reason, "RolloutFailed");
  EXPECT_EQ(StateOf("web"), ContainerState::Running);
}

TEST_F(Rollout, WhatNeverRestartsIsStartedAgainAfterAStopOnPurpose) {
  world.WantLimits({.restart = v1::RestartPolicy::Never});
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer* job = world.engine.FindByName("web");
  job->started = SysTime(minutes(1));
  world.facts.facts["web"].stopped = true;
  world.facts.facts["web"].stop_began = SysTime(minutes(2));
  world.Run(2);
  EXPECT_EQ(job->state, ContainerState::Exited);
  job->finished = SysTime(minutes(2));
  world.facts.facts["web"].stopped = false;
  world.Run(1);
  EXPECT_EQ(job->state, ContainerState::Running);
  job->started = SysTime(minutes(3));
  job->state = ContainerState::Exited;  // by itself
  job->finished = SysTime(minutes(4));
  world.engine.running.clear();
  world.TakeCalls();
  world.Run(5);
  EXPECT_THAT(world.engine.calls, IsEmpty());
}

TEST_F(Rollout, AfterARetryWhatWasHeldAsItIsIsTriedAnew) {
  world.context.on_failure = v1::OnRolloutFailure::Hold;
  BeginUpdate();
  Report(ProbeState::Unhealthy, "status 503");
  world.Run(5);
  world.facts.facts["web"].failed.clear();
  world.facts.facts["web"].retried = candidate->created + seconds(1);
  world.probes.clear();
  world.TakeCalls();
  candidate->restart_count = 1;
  world.Run(3);
  EXPECT_THAT(world.engine.calls, ::testing::Contains("create web.3"));
}

TEST_F(Rollout, AVersionThatRanWellIsSaidOnce) {
  ASSERT_GE(world.Settle(), 0);
  auto proven = world.Decide().proven;
  ASSERT_TRUE(proven);
  EXPECT_EQ(proven->image_id, "sha256:one");
  EXPECT_EQ(proven->reference, "web:1");
  EXPECT_EQ(proven->version, "1");
  world.facts.facts["web"].good.push_back(*proven);
  EXPECT_FALSE(world.Decide().proven);
  world.Want(1, "web:2");
  EXPECT_FALSE(world.Decide().proven);
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.Decide().proven->image_id, "sha256:two");
}

class Trial : public ::testing::Test {
 protected:
  // web:1 serves on a fixed host port; web:2 is wanted.
  void SetUp() override {
    world.context.strategy = v1::RolloutStrategy::Recreate;
    world.context.trial = true;
    world.Want(1, {.image = "web:1", .ports = {{.container = 80, .published = true, .host = 8080}}});
    ASSERT_GE(world.Settle(), 0);
    world.engine.calls.clear();
    world.Want(1, "web:2");
  }
  ContainerState StateOf(const std::string& name) { return world.engine.FindByName(name)->state; }

  WorkloadWorld world;
};

TEST_F(Trial, AReleaseIsProvenWithoutItsHostPortsBeforeTheOldOneMakesRoom) {
  EXPECT_EQ(world.PlanText(), "[1] create web.2.trial (image differs)\n[2] start web.2.trial (image differs)\n");
  world.Pass();
  const ObservedContainer* trial = world.engine.FindByName("web.2.trial");
  ASSERT_NE(trial, nullptr);
  EXPECT_EQ(trial->networks.at("tinyforge").aliases, std::vector<std::string>());
  EXPECT_THAT(world.PlanText(), IsEmpty()) << "it has not run for long enough";
  EXPECT_EQ(world.Decide().verdict.ready_replicas, 1) << "the old one serves";
  world.engine.Tick(seconds(10));
  EXPECT_THAT(world.PlanText(), HasSubstr("create web.3 ("));
  EXPECT_THAT(world.PlanText(), HasSubstr("stop web ("));
  world.Pass();
  ASSERT_GE(world.Settle(), 0) << world.Describe();
  EXPECT_EQ(world.engine.FindByName("web")->image_id, "sha256:two");
  EXPECT_EQ(world.engine.containers.size(), 1u) << "neither the trial nor the old one stays";
}

TEST_F(Trial, AReleaseThatFailsItLeavesTheOldOneUntouched) {
  world.Pass();
  world.engine.FindByName("web.2.trial")->state = ContainerState::Exited;
  world.engine.FindByName("web.2.trial")->exit_code = 3;
  world.engine.after_call = [this] { EXPECT_EQ(StateOf("web"), ContainerState::Running); };
  EXPECT_EQ(world.Pass().verdict.reason, "RolloutFailed");
  ASSERT_GE(world.Settle(), 0) << world.Describe();
  EXPECT_THAT(world.Decide().verdict.message,
              HasSubstr("web.2.trial is exited, exit code 3 (tried beside the old version; "));
  EXPECT_EQ(StateOf("web.2.trial"), ContainerState::Exited) << "kept as the record";
  world.engine.after_call = nullptr;
  world.Want(1, "web:1");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.containers.size(), 1u);
}

TEST_F(Trial, OneEndOfTheOldOneThatTheEngineMendsChangesNothing) {
  world.Pass();
  for (const ContainerState state : {ContainerState::Restarting, ContainerState::Killed}) {
    world.engine.FindByName("web")->state = state;
    EXPECT_THAT(world.PlanText(), IsEmpty());
  }
  world.engine.FindByName("web")->state = ContainerState::Restarting;
  world.engine.FindByName("web")->restart_count = 3;
  EXPECT_THAT(world.PlanText(), HasSubstr("create web.3 (")) << "an old one that does not hold protects nothing";
}

TEST_F(Trial, WhatTheControllerCannotReachIsWaitedForWhileTheOldOneServes) {
  world.context.deadline = minutes(1);
  for (DesiredContainer& c : world.desired.containers) c.probe = {.http = v1::HttpProbe{.path = "/", .port = 80}};
  world.Pass();
  world.probes[world.engine.FindByName("web.2.trial")->id] = {ProbeState::Unreachable, "no route"};
  world.engine.Tick(minutes(5));
  EXPECT_THAT(world.PlanText(), IsEmpty());
  EXPECT_EQ(world.Decide().verdict.reason, "ProbeUnreachable");
}

TEST_F(Trial, WhereTwoMayNotRunAnyMoreTheCandidateWaitsUntilTheTrialIsDown) {
  world.Pass();
  world.context.trial = false;
  world.Pass();
  world.engine.FindByName("web")->state = ContainerState::Exited;
  world.engine.FindByName("web.2.trial")->state = ContainerState::Running;  // its grace period is not over
  EXPECT_THAT(world.PlanText(), Not(HasSubstr("start web.3")));
  world.engine.FindByName("web.2.trial")->state = ContainerState::Exited;
  EXPECT_THAT(world.PlanText(), HasSubstr("start web.3"));
}

TEST_F(Trial, IsFoundByNobody) {
  ContainerTemplate spec{.image = "web:2", .hostname = "web", .labels = {{"traefik.enable", "true"}}};
  spec.ports = {{.container = 80, .published = true, .host = 8080}};
  world.Want(1, spec);
  world.Pass();
  const ObservedContainer& trial = *world.engine.FindByName("web.2.trial");
  EXPECT_EQ(trial.Label("traefik.enable"), "");
  EXPECT_EQ(trial.networks.at("tinyforge").aliases, std::vector<std::string>());
}

TEST_F(Trial, OfWhatIsNoLongerAskedForIsTakenDown) {
  world.Pass();
  world.engine.images["web:3"] = "sha256:three";
  world.Want(1, "web:3");
  world.Pass();
  EXPECT_NE(world.engine.FindByName("web.3.trial"), nullptr);
  world.Want(1, "web:1");
  ASSERT_GE(world.Settle(), 0) << world.Describe();
  EXPECT_EQ(world.engine.containers.size(), 1u);
}

TEST_F(Trial, OnceNothingServesThereIsNone) {
  world.Pass();
  world.engine.containers.erase(world.engine.FindByName("web")->id);
  ASSERT_GE(world.Settle(), 0) << world.Describe();
  EXPECT_EQ(world.engine.FindByName("web")->image_id, "sha256:two");
  EXPECT_EQ(world.engine.containers.size(), 1u);
}

TEST(ProbeTargets, AreRunningContainersOfThePresentTemplateWhereTheyCanBeReached) {
  WorkloadWorld world;
  world.Want(2, "web:1");
  for (DesiredContainer& c : world.desired.containers) c.probe = v1::Healthcheck{.tcp = v1::TcpProbe{80}};
  world.Pass();
  world.engine.FindByName("web")->networks["tinyforge"].address = "10.213.0.9";
  auto targets = ProbeTargets(world.desired, world.Observe());
  ASSERT_EQ(targets.size(), 1u);  // web-2 has no address yet
  EXPECT_EQ(targets[0].address, "10.213.0.9");
  world.engine.FindByName("web")->state = ContainerState::Exited;
  EXPECT_THAT(ProbeTargets(world.desired, world.Observe()), IsEmpty());
}

}  // namespace
}  // namespace tinyforge
