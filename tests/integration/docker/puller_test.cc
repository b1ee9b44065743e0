#include <fstream>

#include "tests/integration/docker/engine_fixture.h"

namespace tinyforge::docker {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using v1::PullPolicy;

const ObjectKey kOwner{Kind::Workload, "web"};

class PullerTest : public EngineTest {
 protected:
  static void SetUpTestSuite() {
    process_ = std::make_unique<PrivateEngine>(std::vector<std::string>{"--registry", "puller:pa55"});
    process_->Command("push tinyforge-test/sleeper:1 shop:1");
  }

  void SetUp() override { Open({.docker_config = process_->folder() + "/config.json"}); }

  void TearDown() override {
    auto local = Docker("images -q " + Shop());
    if (!local.empty()) Docker("rmi -f " + Shop());
    EngineTest::TearDown();
  }

  static std::string Shop(const std::string& version = ":1") { return process_->registry() + "/shop" + version; }

  static ImageRequest Want(const std::string& reference, PullPolicy policy) {
    return {.reference = reference, .policy = policy, .owner = kOwner};
  }

  // Asks until the pull has ended.
  ImagePresence Settled(const std::string& reference, PullPolicy policy) {
    ImagePresence presence;
    EXPECT_TRUE(Eventually([&] {
      presence = engine_->puller().Ensure(Want(reference, policy));
      return !presence.pulling;
    }));
    return presence;
  }
};

TEST_F(PullerTest, AMissingImageIsPulledWithTheConfiguredCredentialsAndTheOwnerIsQueued) {
  auto first = engine_->puller().Ensure(Want(Shop(), PullPolicy::IfNotPresent));
  EXPECT_TRUE(first.pulling);
  EXPECT_FALSE(first.id);
  ASSERT_TRUE(Eventually([&] { return queued_.Has("web"); }));
  auto done = engine_->puller().Ensure(Want(Shop(), PullPolicy::IfNotPresent));
  ASSERT_TRUE(done.id) << (done.failure ? done.failure->message : "");
  EXPECT_EQ(*done.id, Docker("images -q --no-trunc " + Shop()));
}

TEST_F(PullerTest, APresentImageCostsNoCallUntilAnImageEventTouchesIt) {
  // Events of the pull come when they come; each may cost one call.
  ASSERT_TRUE(Eventually([&] {
    TakeCalls();
    return Settled(Shop(), PullPolicy::IfNotPresent).id && TakeCalls().empty();
  }));
  Docker("rmi " + Shop());
  ASSERT_TRUE(
      Eventually([&] { return engine_->puller().Ensure(Want(Shop(), PullPolicy::Never)).failure.has_value(); }));
}

TEST_F(PullerTest, NeverWaitsForWhoLoadsTheImage) {
  auto missing = engine_->puller().Ensure(Want("side/loaded:1", PullPolicy::Never));
  ASSERT_TRUE(missing.failure);
  EXPECT_EQ(missing.failure->kind, ErrorKind::Waiting);
  EXPECT_THAT(missing.failure->message, HasSubstr("pullPolicy is Never"));
  queued_.Clear();
  Docker("tag tinyforge-test/sleeper:1 side/loaded:1");
  ASSERT_TRUE(Eventually([&] { return queued_.Has("web"); }));
  EXPECT_TRUE(engine_->puller().Ensure(Want("side/loaded:1", PullPolicy::Never)).id);
  Docker("rmi side/loaded:1");
}

TEST_F(PullerTest, AlwaysPullsOnceForEachCreate) {
  Docker("pull -q " + Shop());
  TakeCalls();
  EXPECT_TRUE(engine_->puller().Ensure(Want(Shop(), PullPolicy::Always)).pulling);
  ASSERT_TRUE(Settled(Shop(), PullPolicy::Always).id);
  ASSERT_TRUE(Settled(Shop(), PullPolicy::Always).id);
  EXPECT_EQ(std::ranges::count(TakeCalls(), "image_pull"), 1);
  auto request = RequestFor("web", "web");
  request.spec.image = Shop();
  MustCreate(request);
  ASSERT_TRUE(Settled(Shop(), PullPolicy::Always).id);
  EXPECT_EQ(std::ranges::count(TakeCalls(), "image_pull"), 1);
}

TEST_F(PullerTest, WrongCredentialsAndMissingTagsAreWaitingWithAHint) {
  auto missing = Settled(Shop(":no-such-tag"), PullPolicy::IfNotPresent);
  ASSERT_TRUE(missing.failure);
  EXPECT_EQ(missing.failure->kind, ErrorKind::Waiting);
  EXPECT_THAT(missing.failure->message, HasSubstr("not found"));

  auto config = process_->folder() + "/other.json";
  std::ofstream(config) << R"({"auths":{")" << process_->registry() << R"(":{"auth":"cHVsbGVyOndyb25n"}}})";
  Open({.docker_config = config});
  auto refused = Settled(Shop(), PullPolicy::IfNotPresent);
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.failure->kind, ErrorKind::Waiting);
  EXPECT_THAT(refused.failure->message, HasSubstr("does not let the login of " + config));
  EXPECT_THAT(refused.failure->message, Not(HasSubstr("wrong")));
}

TEST_F(PullerTest, ADigestIsPulledAsSuch) {
  ASSERT_TRUE(Settled(Shop(), PullPolicy::IfNotPresent).id);
  std::string digest = nlohmann::json::parse(Docker("inspect " + Shop()))[0]["RepoDigests"][0];
  Docker("rmi -f " + Shop());
  auto presence = Settled(digest, PullPolicy::IfNotPresent);
  EXPECT_TRUE(presence.id) << (presence.failure ? presence.failure->message : "");
  Docker("rmi " + digest);
}

TEST_F(PullerTest, ARegistryThatIsDownIsWaitingAndNotAskedAgainAtOnce) {
  auto down = Settled("127.0.0.1:1/shop:1", PullPolicy::IfNotPresent);
  ASSERT_TRUE(down.failure);
  EXPECT_EQ(down.failure->kind, ErrorKind::Waiting);
  EXPECT_THAT(down.failure->message, HasSubstr("refused"));
  TakeCalls();
  engine_->puller().Ensure(Want("127.0.0.1:1/shop:1", PullPolicy::IfNotPresent));
  EXPECT_EQ(std::ranges::count(TakeCalls(), "image_pull"), 0);
}

TEST_F(PullerTest, AFailedPullIsTriedAgainByItselfAndOnePullServesAllOwners) {
  Queued told;
  EnginePuller puller(
      engine_->client(), secrets_, log_,
      {.first_retry = std::chrono::milliseconds(20), .on_done = [&](const ObjectKey& key) { told.Add(key); }});
  TakeCalls();
  puller.Ensure(Want("127.0.0.1:1/shop:1", PullPolicy::IfNotPresent));
  puller.Ensure({.reference = "127.0.0.1:1/shop:1", .owner = {Kind::Workload, "second"}});
  ASSERT_TRUE(Eventually([&] { return std::ranges::count(*calls_.Lock(), "image_pull") >= 3; }));
  EXPECT_TRUE(Eventually([&] { return told.Has("web") && told.Has("second"); }));
}

}  // namespace
}  // namespace tinyforge::docker
