#include "controller/docker/engine_puller.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <semaphore>
#include <stdexcept>

#include "tests/fakes/fake_logger.h"
#include "tests/unit/controller/docker/scripted_engine.h"

namespace tinyforge::docker {
namespace {

using testing::HasSubstr;
using v1::PullPolicy;

const ObjectKey kOwner{Kind::Workload, "web"};
constexpr auto kSoon = std::chrono::seconds(20);

// An Engine that has the image shop:1 when `present`; a pull brings it.
class EnginePullerTest : public testing::Test {
 protected:
  EnginePullerTest()
      : engine_([this](const std::string& line) { return Script(line); }), client_({engine_.host(), {}}) {}

  std::string Script(const std::string& line) {
    if (line.starts_with("POST")) {
      present_ = true;
      return Answer(200, "{}");
    }
    if (failing_) return Answer(500, R"({"message":"the disk is slow"})");
    return present_ ? Answer(200, R"({"Id":"sha256:1","RepoDigests":)" + digests_ + "}") : Answer(404, R"({"message":"No such image: shop:1"})");
  }

  EnginePullerOptions Options() {
    return {.first_retry = std::chrono::milliseconds(1), .on_done = [this](const ObjectKey&) { told_.release(); }};
  }

  // Asks until an image is there, once for each time the owner is told.
  ImagePresence Settled(EnginePuller& puller, PullPolicy policy) {
    auto presence = puller.Ensure("shop:1", policy, kOwner);
    while (!presence.id && told_.try_acquire_for(kSoon)) presence = puller.Ensure("shop:1", policy, kOwner);
    return presence;
  }

  std::ptrdiff_t Pulls() {
    return std::ranges::count_if(engine_.requests(), [](const auto& request) { return request.starts_with("POST"); });
  }

  std::atomic<bool> present_ = false;
  std::atomic<bool> failing_ = false;
  std::string digests_ = "[]";
  std::counting_semaphore<> told_{0};
  FakeLogger log_;
  ScriptedEngine engine_;
  EngineClient client_;
};

TEST_F(EnginePullerTest, AnEngineThatCouldNotBeAskedIsAskedAgainAndTheOwnerToldEachTime) {
  present_ = failing_ = true;
  EnginePuller puller(client_, log_, Options());
  for (int round = 0; round < 3; ++round) {
    auto presence = puller.Ensure("shop:1", PullPolicy::Never, kOwner);
    ASSERT_TRUE(presence.failure);
    EXPECT_THAT(presence.failure->message, HasSubstr("the disk is slow"));
    ASSERT_TRUE(told_.try_acquire_for(kSoon));
  }
  failing_ = false;
  EXPECT_EQ(puller.Ensure("shop:1", PullPolicy::Never, kOwner).id, "sha256:1");
}

TEST_F(EnginePullerTest, AnImageOfARegistryIsPinnedByTheDigestOfItsOwnRepository) {
  present_ = true;
  digests_ = R"(["other/shop@sha256:a", "docker.io/library/shop@sha256:b", 7])";
  EXPECT_EQ(EnginePuller(client_, log_, Options()).Peek("shop:1").pinned, "docker.io/library/shop@sha256:b");
  EXPECT_EQ(EnginePuller(client_, log_, Options()).Peek("third/shop:1").pinned, "");
  EXPECT_EQ(EnginePuller(client_, log_, Options()).Peek("shop@sha256:b").pinned, "");
}

TEST_F(EnginePullerTest, AMissingImageIsPulledOnceAndTheOwnerTold) {
  EnginePuller puller(client_, log_, Options());
  EXPECT_TRUE(puller.Ensure("shop:1", PullPolicy::IfNotPresent, kOwner).pulling);
  EXPECT_EQ(Settled(puller, PullPolicy::IfNotPresent).id, "sha256:1");
  EXPECT_EQ(Pulls(), 1);
}

TEST_F(EnginePullerTest, AlwaysPullsAgainOnlyWhenAskedAfterACreate) {
  present_ = true;
  EnginePuller puller(client_, log_, Options());
  ASSERT_TRUE(puller.Ensure("shop:1", PullPolicy::IfNotPresent, kOwner).id);
  for (int pulls : {1, 2}) {
    {
      std::lock_guard no_answer(engine_.mutex());
      EXPECT_TRUE(puller.Ensure("shop:1", PullPolicy::Always, kOwner).pulling);
      puller.Created("shop:1", "web");  // of a pass that had asked before: the pull under way is not doubled
      EXPECT_TRUE(puller.Ensure("shop:1", PullPolicy::Always, kOwner).pulling);
    }
    ASSERT_EQ(Settled(puller, PullPolicy::Always).id, "sha256:1");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(puller.Ensure("shop:1", PullPolicy::Always, kOwner).id, "sha256:1");
    EXPECT_EQ(Pulls(), pulls);
    puller.Created("shop:1", "web");
    EXPECT_EQ(Pulls(), pulls);
  }
}

TEST_F(EnginePullerTest, APeekSaysWhatTheHostHasAndNeverPulls) {
  EnginePuller puller(client_, log_, Options());
  auto missing = puller.Peek("shop:1");
  EXPECT_FALSE(missing.id || missing.pulling || missing.failure);
  present_ = true;
  EXPECT_EQ(puller.Peek("shop:1").id, "sha256:1");
  failing_ = true;
  EXPECT_TRUE(puller.Peek("shop:1").failure);
  failing_ = false;
  ASSERT_EQ(Settled(puller, PullPolicy::IfNotPresent).id, "sha256:1");
  auto calls = engine_.requests().size();
  EXPECT_EQ(puller.Peek("shop:1").id, "sha256:1");
  EXPECT_EQ(engine_.requests().size(), calls);
  EXPECT_EQ(Pulls(), 0);
}

TEST_F(EnginePullerTest, WhatTheTellingOfAnOwnerThrowsEndsNoThread) {
  auto options = Options();
  std::atomic<int> times = 0;
  options.on_done = [&](const ObjectKey&) {
    told_.release();
    if (++times == 1) throw std::runtime_error("oops");
  };
  EnginePuller puller(client_, log_, options);
  puller.Ensure("shop:1", PullPolicy::IfNotPresent, kOwner);
  ASSERT_TRUE(told_.try_acquire_for(kSoon));
  present_ = false;
  puller.ForgetAll();
  puller.Ensure("shop:1", PullPolicy::IfNotPresent, kOwner);
  EXPECT_TRUE(told_.try_acquire_for(kSoon));
  EXPECT_EQ(Pulls(), 2);
}

}  // namespace
}  // namespace tinyforge::docker
