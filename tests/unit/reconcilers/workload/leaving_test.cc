// What no service asks for any more, while what is asked for comes up.
#include "reconcilers/workload/leaving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_engine.h"
#include "tests/fakes/fake_host_images.h"
#include "tests/fakes/one_by_one.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class Leaving : public ::testing::Test {
 protected:
  Leaving() {
    context.instance = "test";
    context.healthy_after = std::chrono::seconds(10);
    engine.images["db:1"] = "sha256:db";
  }

  static DesiredState Service(const std::string& name, const std::string& image, const std::string& volume = {}) {
    DesiredState desired{.workload = "shop", .service = name, .source_kind = "compose", .image = image};
    ContainerTemplate spec{.image = image};
    if (!volume.empty()) spec.mounts = {{.type = MountType::Volume, .source = volume, .target = "/data"}};
    desired.containers.push_back(
        {.role = name, .name = "shop-" + name, .spec = spec, .template_hash = TemplateHash(spec)});
    desired.rollout = RolloutTerms{volume.empty() ? v1::RolloutStrategy::BlueGreen : v1::RolloutStrategy::Recreate};
    return desired;
  }

  void Pass() {
    std::vector<ServicePass> services;
    for (const DesiredState& desired : wanted) services.push_back({.desired = desired});
    Divide({.containers = *engine.Containers("shop"), .ages = engine.Ages("shop")}, services);
    for (std::size_t i = 0; i < services.size(); ++i) PlanOne(services, i);
    (void)Apply(Combine(std::move(services)).decision.plan, {engine, files, facts, logs, host_images, tasks});
    engine.Tick(std::chrono::seconds(5));
  }
  void Run(int passes = 12) {
    for (int i = 0; i < passes; ++i) Pass();
  }
  std::vector<std::string> Up() {
    std::vector<std::string> up;
    for (const auto& [id, c] : engine.containers)
      if (c.state == ContainerState::Running) up.push_back(c.name);
    return up;
  }

  FakeEngine engine;
  FakeFiles files;
  FakeFacts facts;
  FakeLogs logs;
  FakeHostImages host_images;
  OneByOne tasks;
  PlanContext context;
  std::vector<DesiredState> wanted;

 private:
  void PlanOne(std::vector<ServicePass>& services, std::size_t i) {
    ServicePass& service = services[i];
    if (service.desired.rollout) context.strategy = service.desired.rollout->strategy;
    context.departures = {};
    context.awaited = AwaitedOf(service.desired, {services.begin(), services.begin() + i});
    if (service.left) context.departures = DecideDepartures(service.observed, {services.begin(), services.begin() + i});
    const auto image = engine.images.find(service.desired.image);
    if (image != engine.images.end()) service.observed.image_id = image->second;
    service.decision = ComputePlan(service.desired, service.observed, context);
  }
};

TEST_F(Leaving, WhatWasRenamedServesUntilItsSuccessorDoes) {
  wanted = {Service("db", "db:1")};
  Run();
  wanted = {Service("database", "db:2")};
  engine.after_call = [&] { EXPECT_THAT(Up(), testing::Not(IsEmpty())); };
  Run();
  EXPECT_THAT(Up(), ElementsAre("shop-db"));  // its image is still to be pulled
  engine.images["db:2"] = "sha256:db2";
  Run(2);
  EXPECT_THAT(Up(), UnorderedElementsAre("shop-db", "shop-database"));
  Run();
  EXPECT_THAT(Up(), ElementsAre("shop-database"));
  EXPECT_THAT(engine.containers, SizeIs(1));
}

TEST_F(Leaving, TwoNeverWriteOneVolume) {
  wanted = {Service("db", "db:1", "data")};
  Run();
  wanted = {Service("database", "db:2", "data")};
  engine.after_call = [&] { EXPECT_THAT(Up(), SizeIs(testing::Le(1))); };
  Run();
  EXPECT_THAT(Up(), ElementsAre("shop-db"));
  engine.images["db:2"] = "sha256:db2";
  engine.calls.clear();
  Run();
  EXPECT_THAT(Up(), ElementsAre("shop-database"));
  EXPECT_THAT(engine.containers, SizeIs(1));
  EXPECT_EQ(engine.calls.at(0), "create shop-database");
}

TEST_F(Leaving, ANameIsGivenUpOnceTheImageIsThere) {
  wanted = {Service("db", "db:1")};
  Run();
  wanted = {Service("database", "db:2")};
  wanted[0].containers[0].name = "shop-db";
  Run();
  EXPECT_THAT(Up(), ElementsAre("shop-db"));
  engine.images["db:2"] = "sha256:db2";
  Run();
  ASSERT_THAT(engine.containers, SizeIs(1));
  EXPECT_EQ(engine.containers.begin()->second.image_id, "sha256:db2");
}

TEST_F(Leaving, APortIsGivenUpOnceItIsAskedFor) {
  wanted = {Service("db", "db:1")};
  Run();
  engine.images["db:2"] = "sha256:db2";
  wanted = {Service("database", "db:2")};
  auto& behaviour = engine.behaviour[wanted[0].containers[0].template_hash];
  engine.after_call = [&] { behaviour.refused = engine.FindByName("shop-db") && !Up().empty(); };
  behaviour.refused = true;
  Run();
  EXPECT_THAT(Up(), ElementsAre("shop-database"));
}

TEST_F(Leaving, WhatIsInTheWayWaitsForNobodyThatDependsOnIt) {
  wanted = {Service("db", "db:1", "data"), Service("web", "db:1")};
  wanted[1].after = {{"db", ServiceCondition::Healthy}};
  Run();
  ASSERT_THAT(Up(), SizeIs(2));
  wanted = {Service("database", "db:1", "data"), Service("frontend", "db:1")};
  wanted[1].after = {{"database", ServiceCondition::Healthy}};
  Run(20);
  EXPECT_THAT(Up(), UnorderedElementsAre("shop-database", "shop-frontend"));
}

TEST_F(Leaving, WhatWasRemovedGoesWhileTheOthersAreReady) {
  wanted = {Service("db", "db:1", "data"), Service("backup", "db:1", "data")};
  Run();
  ASSERT_THAT(Up(), SizeIs(2));
  wanted.pop_back();
  Run(3);
  EXPECT_THAT(Up(), ElementsAre("shop-db"));
}

TEST_F(Leaving, AnImageTakesOverFromServices) {
  wanted = {Service("db", "db:1")};
  Run();
  DesiredState image = Service("main", "db:2");
  image.service.clear();
  wanted = {image};
  Run();
  EXPECT_THAT(Up(), ElementsAre("shop-db"));
  engine.images["db:2"] = "sha256:db2";
  Run();
  EXPECT_THAT(Up(), ElementsAre("shop-main"));
}

}  // namespace
}  // namespace tinyforge
