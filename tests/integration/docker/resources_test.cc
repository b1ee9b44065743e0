#include "tests/integration/docker/engine_fixture.h"

namespace tinyforge::docker {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class ResourcesTest : public EngineTest {
 protected:
  void TearDown() override {
    EngineTest::TearDown();
    Docker("network prune -f");
    Docker("volume prune -f");
  }
};

TEST_F(ResourcesTest, TheSharedNetworkKeepsItsLowerHalfForTheController) {
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "tinyforge", .shared = true}, "web"));
  auto config = nlohmann::json::parse(Docker("network inspect tinyforge"))[0]["IPAM"]["Config"][0];
  EXPECT_EQ(config["Subnet"], "10.213.0.0/16");
  EXPECT_EQ(config["IPRange"], "10.213.128.0/17");
  EXPECT_EQ(config["Gateway"], "10.213.0.1");
  Docker("run -d --name foreign --network tinyforge tinyforge-test/sleeper:1");
  EXPECT_THAT(Docker("inspect -f {{.NetworkSettings.Networks.tinyforge.IPAddress}} foreign"),
              testing::StartsWith("10.213.128."));
}

TEST_F(ResourcesTest, WhatExistsCostsNothingUntilItIsGone) {
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "backend"}, "web"));
  ASSERT_TRUE(engine_->writer().EnsureVolume({.name = "data"}, "web"));
  TakeCalls();
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "backend"}, "web"));
  ASSERT_TRUE(engine_->writer().EnsureVolume({.name = "data"}, "web"));
  EXPECT_THAT(TakeCalls(), IsEmpty());
  Docker("network rm backend");
  Docker("volume rm data");
  EXPECT_TRUE(Eventually([&] {
    return engine_->writer().EnsureNetwork({.name = "backend"}, "web") &&
           engine_->writer().EnsureVolume({.name = "data"}, "web") && Docker("network ls -q -f name=backend") != "" &&
           Docker("volume ls -q") == "data";
  }));
}

TEST_F(ResourcesTest, AnotherHandsNetworkIsAConflictUnlessExternal) {
  Docker("network create proxy");
  auto ours = engine_->writer().EnsureNetwork({.name = "proxy"}, "web");
  ASSERT_FALSE(ours);
  EXPECT_EQ(ours.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(ours.error().message, HasSubstr("external: true"));
  EXPECT_TRUE(engine_->writer().EnsureNetwork({.name = "proxy", .external = true}, "web"));
  auto missing = engine_->writer().EnsureNetwork({.name = "nowhere", .external = true}, "web");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::Waiting);
  EXPECT_THAT(missing.error().message, HasSubstr("network nowhere is external and does not exist"));
}

TEST_F(ResourcesTest, AnExternalClaimDoesNotMakeTheNetworkOurs) {
  Docker("network create proxy");
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "proxy", .external = true}, "web"));
  EXPECT_FALSE(engine_->writer().EnsureNetwork({.name = "proxy"}, "web"));
}

TEST_F(ResourcesTest, TwoInstancesShareTheSharedNetwork) {
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "tinyforge", .shared = true}, "web"));
  Open({.instance = "second"});
  EXPECT_TRUE(engine_->writer().EnsureNetwork({.name = "tinyforge", .shared = true}, "web"));
}

TEST_F(ResourcesTest, ATakenSubnetIsAConflictThatNamesTheSetting) {
  Docker("network create --subnet 10.213.7.0/24 in-the-way");
  auto made = engine_->writer().EnsureNetwork({.name = "tinyforge", .shared = true}, "web");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::Conflict) << made.error().message;
  EXPECT_THAT(made.error().message, HasSubstr("hostPolicy.subnet"));
}

TEST_F(ResourcesTest, OnlyOurOwnUnusedNetworkIsRemoved) {
  Docker("network create foreign");
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "backend"}, "web"));
  auto request = RequestFor("web", "web");
  request.networks = {{"backend", {}, std::nullopt}};
  auto id = MustCreate(request);
  ASSERT_TRUE(engine_->writer().RemoveNetwork("foreign"));
  ASSERT_TRUE(engine_->writer().RemoveNetwork("backend"));
  EXPECT_NE(Docker("network ls -q -f name=backend"), "");
  ASSERT_TRUE(engine_->writer().Remove(id));
  ASSERT_TRUE(engine_->writer().RemoveNetwork("backend"));
  EXPECT_EQ(Docker("network ls -q -f name=backend"), "");
  EXPECT_NE(Docker("network ls -q -f name=foreign"), "");
  EXPECT_TRUE(engine_->writer().RemoveNetwork("backend"));
}

}  // namespace
}  // namespace tinyforge::docker
