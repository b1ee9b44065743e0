#include "controller/docker/dry_run_engine.h"

#include <gmock/gmock.h>

namespace tinyforge::docker {
namespace {

TEST(DryRunEngineTest, WritesDownEveryCall) {
  DryRunEngine engine;
  EXPECT_EQ(*engine.Create({.workload = "web", .name = "web", .spec = {.image = "shop:1"}}), "dry-run-web");
  EXPECT_TRUE(engine.Start("web"));
  EXPECT_TRUE(engine.Rename("web", "web-2"));
  EXPECT_TRUE(engine.Update("web", {.memory = 5}));
  EXPECT_TRUE(engine.Connect("web", {"backend", {}, {}}));
  EXPECT_TRUE(engine.BeginStop("web"));
  EXPECT_TRUE(engine.EnsureVolume("data", "web"));
  EXPECT_THAT(engine.lines(), testing::ElementsAre("create web from shop:1", "start web", "rename web to web-2",
                                                   R"(update web {"Memory":5,"MemorySwap":5,"RestartPolicy":{"Name":"always"}})",
                                                   "connect web to backend", "stop web", "ensure volume data of web"));
}

}  // namespace
}  // namespace tinyforge::docker
