// Handover: one host port, which goes from the old container to the proven new one without a stop in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/workload/workload_world.h"

namespace tinyforge {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Handover : public ::testing::Test {
 protected:
  Handover() {
    world.context.strategy = v1::RolloutStrategy::Handover;
    world.context.healthy_after = seconds(5);
    world.engine.one_host_port = true;
    world.Want(1, {.image = "web:1", .ports = {{.container = 80, .published = true, .host = 80}}});
    world.Settle();
    world.TakeCalls();
    world.Want(1, "web:2");
  }
  ObservedContainer& Named(const std::string& name) { return *world.engine.FindByName(name); }
  bool HasPort(const std::string& name) { return Named(name).networks.contains(kSharedNetwork); }
  void UntilProven() { world.Run(2); }  // created; staged and started

  WorkloadWorld world;
};

TEST_F(Handover, TheNewOneIsProvenAsideAndTakesThePortOverBeforeTheOldOneStops) {
  ASSERT_GE(world.Settle(), 0);
  EXPECT_THAT(world.TakeCalls(), ElementsAre("create web.2", "connect web.2", "disconnect web.2", "start web.2",
                                             "disconnect web", "connect web.2", "disconnect web.2", "rename web",
                                             "rename web.2", "no-restart web.1", "stop web.1", "remove web.1"));
  EXPECT_TRUE(HasPort("web"));
  EXPECT_FALSE(Named("web").networks.contains(kHandoverNetwork));
  EXPECT_THAT(Named("web").networks.at("tinyforge").aliases, ElementsAre("web"));
}

TEST_F(Handover, TheNewOneHasNoWayOutUntilItIsProven) {
  UntilProven();
  EXPECT_TRUE(HasPort("web"));
  EXPECT_FALSE(HasPort("web.2"));
  EXPECT_TRUE(Named("web.2").networks.contains(kHandoverNetwork));
}

TEST_F(Handover, AFailedReleaseNeverTouchesWhatServes) {
  world.engine.behaviour[world.desired.containers.front().template_hash] = {.exits = true};
  world.Run(6);
  EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  EXPECT_TRUE(HasPort("web"));
  for (const std::string& call : world.TakeCalls()) EXPECT_FALSE(call.ends_with(" web")) << call;
}

TEST_F(Handover, WhereTheNewOneCannotHaveThePortTheOldOneGetsItBackAtOnce) {
  UntilProven();
  world.engine.fail = [](const std::string& call) -> std::optional<Error> {
    if (call == "connect web.2") return Error{ErrorKind::Waiting, "port is already allocated"};
    return std::nullopt;
  };
  world.Pass();
  EXPECT_TRUE(world.last_error);
  EXPECT_TRUE(HasPort("web"));
  EXPECT_THAT(Named("web").networks.at("tinyforge").aliases, ElementsAre("web"));
  world.engine.fail = nullptr;
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(Named("web").image_id, "sha256:two");
}

// Killed after the old one had left its networks.
TEST_F(Handover, CutShortItGoesOnWhenTheNewOneIsStillProven) {
  UntilProven();
  Named("web").networks.clear();
  world.Pass();
  EXPECT_TRUE(HasPort("web"));
  EXPECT_EQ(Named("web").image_id, "sha256:two");
}

TEST_F(Handover, CutShortTheOldOneHasThePortWhileTheNewOneIsProvenAnew) {
  UntilProven();
  Named("web").networks.clear();
  world.engine.running[Named("web.2").id] = Duration(0);
  world.Pass();
  EXPECT_TRUE(HasPort("web"));
  EXPECT_EQ(Named("web").image_id, "sha256:one");
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(Named("web").image_id, "sha256:two");
}

TEST_F(Handover, CutShortAfterItTheNewOneKeepsThePort) {
  UntilProven();
  Named("web").networks.clear();
  Named("web.2").networks["tinyforge"] = {{"web"}, "", ""};
  world.engine.running[Named("web.2").id] = Duration(0);
  world.TakeCalls();
  world.Pass();
  EXPECT_THAT(world.TakeCalls(), IsEmpty());
  EXPECT_TRUE(HasPort("web.2"));
  ASSERT_GE(world.Settle(), 0);
  EXPECT_EQ(Named("web").image_id, "sha256:two");
}

TEST_F(Handover, WhatFailsAfterItGivesThePortBack) {
  UntilProven();
  Named("web").networks.clear();
  Named("web.2").networks = {{"tinyforge", {{"web"}, "", ""}}};
  Named("web.2").restart_count = 1;
  world.Run(4);
  EXPECT_EQ(world.Decide().verdict.reason, "RolloutFailed");
  EXPECT_TRUE(HasPort("web"));
  EXPECT_EQ(Named("web").image_id, "sha256:one");
}

}  // namespace
}  // namespace tinyforge
