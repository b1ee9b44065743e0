// Limits, restart policies and endpoints of compose services: what is mended in place, and what is left.
#include "reconcilers/workload/drift.h"

#include <gmock/gmock.h>

#include <functional>

#include "tests/unit/reconcilers/workload/workload_world.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Limits kAll{.nano_cpus = 1,
                  .memory = 64,
                  .restart = v1::RestartPolicy::OnFailure,
                  .max_attempts = 3,
                  .memory_reservation = 32,
                  .memory_swap = 128,
                  .pids = 100,
                  .cpu_shares = 512};

std::vector<std::function<void(Limits&)>> ChangesInPlace() {
  return {[](Limits& l) { l.memory_reservation = 16; },
          [](Limits& l) { l.memory_swap = -1; },
          [](Limits& l) { l.memory_swap = 0; },
          [](Limits& l) { l.pids = 7; },
          [](Limits& l) { l.pids = 0; },
          [](Limits& l) { l.cpu_shares = 2048; },
          [](Limits& l) { l.cpu_shares = 0; },
          [](Limits& l) { l.cpuset = "0-1"; },
          [](Limits& l) { l.max_attempts = 5; },
          [](Limits& l) { l.restart = v1::RestartPolicy::Always, l.max_attempts = 0, l.unless_stopped = true; }};
}

TEST(Drift, LimitsChangeInPlaceAndThenNothingDiffers) {
  int index = 0;
  for (const auto& change : ChangesInPlace()) {
    WorkloadWorld world;
    world.WantLimits(kAll);
    ASSERT_GE(world.Settle(), 0);
    world.TakeCalls();
    Limits wanted = kAll;
    change(wanted);
    world.WantLimits(wanted);
    ASSERT_GE(world.Settle(), 0) << "change " << index << world.Describe();
    EXPECT_THAT(world.TakeCalls(), ElementsAre("update web")) << "change " << index;
    ++index;
  }
}

TEST(Drift, WhatTheEngineCannotTakeAwayIsReplaced) {
  WorkloadWorld world;
  Limits limits = kAll;
  limits.cpuset = "0";
  world.WantLimits(limits);
  ASSERT_GE(world.Settle(), 0);
  Limits without = limits;
  without.cpuset.clear();
  world.WantLimits(without);
  EXPECT_THAT(world.PlanText(), HasSubstr("limit cpuset was removed"));
  without = limits;
  without.memory_reservation = 0;
  world.WantLimits(without);
  EXPECT_THAT(world.PlanText(), HasSubstr("limit memory reservation was removed"));
}

TEST(Drift, NoBoundOnProcessesAndTheEnginesSharesAreTheSameAsNone) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  world.WantLimits({.pids = -1, .cpu_shares = 1024});
  EXPECT_THAT(world.PlanText(), IsEmpty());
}

TEST(Drift, WhatTheHostCannotKeepIsLeftOutAndNamed) {
  WorkloadWorld world;
  Limits limits = kAll;
  limits.cpuset = "0";
  world.WantLimits(limits);
  ObservedState observed = world.Observe();
  EXPECT_EQ(DropUnsupported(world.desired, observed, {.swap_limit = false, .pids_limit = false}),
            "memory swap and pids");
  EXPECT_EQ(DropUnsupported(world.desired, observed, {.cpu_limit = false, .cpu_shares = false, .cpuset = false}),
            "cpu shares, cpus and cpuset");
  EXPECT_EQ(world.desired.containers[0].limits.memory, 64);
  EXPECT_EQ(world.desired.containers[0].limits.pids, 0);
}

// The Engine has given up by then.
TEST(Drift, WhatFailedAsOftenAsItMayIsNotStartedAgain) {
  WorkloadWorld world;
  world.WantLimits({.restart = v1::RestartPolicy::OnFailure, .max_attempts = 3});
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer& web = *world.engine.FindByName("web");
  web.state = ContainerState::Exited;
  web.exit_code = 2;
  web.restart_count = 3;
  EXPECT_THAT(world.PlanText(), IsEmpty());
  EXPECT_EQ(world.Decide().verdict.reason, "ContainerFailed");
  web.restart_count = 2;
  EXPECT_THAT(world.PlanText(), HasSubstr("start web"));
}

TEST(Drift, UnlessStoppedOfAnotherHandIsTakenBack) {
  WorkloadWorld world;
  ASSERT_GE(world.Settle(), 0);
  ObservedContainer& web = *world.engine.FindByName("web");
  web.restart.reset();
  web.limits.unless_stopped = true;
  EXPECT_THAT(world.PlanText(), HasSubstr("update limits of web"));
}

// --- networks ---

NetworkAttachment Wanted() {
  return {.network = "net",
          .aliases = {"web"},
          .ipv6_address = "fd00::5",
          .link_local_ips = {"169.254.8.8"},
          .mac_address = "02:42:ac:11:00:02",
          .driver_opts = {{"k", "v"}}};
}

ObservedContainer On(const NetworkAttachment& attachment) {
  ObservedContainer c;
  c.networks["net"] = FakeEngine::EndpointOf(attachment);
  return c;
}

TEST(Drift, AnEndpointThatDiffersIsJoinedAgain) {
  EXPECT_TRUE(CompareNetworks(On(Wanted()), {Wanted()}).empty());
  const std::vector<std::function<void(NetworkAttachment&)>> changes = {
      [](auto& n) { n.ipv6_address = "fd00::6"; }, [](auto& n) { n.ipv6_address.clear(); },
      [](auto& n) { n.link_local_ips.clear(); },   [](auto& n) { n.mac_address = "02:42:ac:11:00:03"; },
      [](auto& n) { n.driver_opts["k"] = "w"; },   [](auto& n) { n.driver_opts["l"] = "v"; }};
  for (const auto& change : changes) {
    NetworkAttachment wanted = Wanted();
    change(wanted);
    const NetworkDrift drift = CompareNetworks(On(Wanted()), {wanted});
    EXPECT_THAT(drift.disconnect, ElementsAre("net"));
    EXPECT_THAT(drift.connect, ElementsAre(wanted));
  }
}

TEST(Drift, WhatTheEngineFillsInIsNotCompared) {
  NetworkAttachment wanted = Wanted();
  wanted.mac_address.clear();
  wanted.driver_opts.clear();
  EXPECT_TRUE(CompareNetworks(On(Wanted()), {wanted}).empty());
  ObservedContainer down = On(Wanted());
  down.networks["net"].mac_address.clear();
  EXPECT_TRUE(CompareNetworks(down, {Wanted()}).empty());
}

TEST(Drift, TheMacAddressOfAContainerIsThatOnItsFirstNetwork) {
  WorkloadWorld world;
  ContainerTemplate spec = world.desired.containers[0].spec;
  spec.mac_address = "02:42:ac:11:00:02";
  world.Want(1, spec);
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(world.engine.FindByName("web")->networks.at("tinyforge").mac_address, "02:42:ac:11:00:02");
}

}  // namespace
}  // namespace tinyforge
