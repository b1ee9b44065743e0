#include "controller/docker/engine_puller.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <semaphore>
#include <stdexcept>

#include "tests/fakes/fake_logger.h"
#include "tests/fakes/fake_tree.h"
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

  static ImageRequest Want(PullPolicy policy) { return {.reference = "shop:1", .policy = policy, .owner = kOwner}; }

  std::string Script(const std::string& line) {
    if (line.starts_with("POST")) {
      if (refusing_) return Answer(500, R"({"message":"unauthorized: authentication required"})");
      present_ = true;
      if (line.find("platform=") != std::string::npos) architecture_ = "arm64";
      return Answer(200, "{}");
    }
    const bool here = present_;
    if (on_inspect_) on_inspect_();
    if (failing_) return Answer(500, R"({"message":"the disk is slow"})");
    return here ? Answer(200, R"({"Id":"sha256:1","Os":"linux","Architecture":")" + architecture_ +
                                  R"(","RepoDigests":)" + digests_ + "}")
                : Answer(404, R"({"message":"No such image: shop:1"})");
  }

  EnginePullerOptions Options() {
    return {.first_retry = std::chrono::milliseconds(1), .on_done = [this](const ObjectKey&) { told_.release(); }};
  }

  // Asks until an image is there, once for each time the owner is told.
  ImagePresence Settled(EnginePuller& puller, PullPolicy policy) {
    auto presence = puller.Ensure(Want(policy));
    while (!presence.id && told_.try_acquire_for(kSoon)) presence = puller.Ensure(Want(policy));
    return presence;
  }

  std::ptrdiff_t Pulls() {
    return std::ranges::count_if(engine_.requests(), [](const auto& request) { return request.starts_with("POST"); });
  }

  std::atomic<bool> present_ = false;
  std::atomic<bool> failing_ = false;
  std::atomic<bool> refusing_ = false;
  std::string digests_ = "[]";
  std::string architecture_ = "amd64";
  std::function<void()> on_inspect_;  // after the Engine has looked, before it answers
  std::counting_semaphore<> told_{0};
  FakeLogger log_;
  FakeSecrets secrets_;
  ScriptedEngine engine_;
  EngineClient client_;
};

TEST_F(EnginePullerTest, AnEngineThatCouldNotBeAskedIsAskedAgainAndTheOwnerToldEachTime) {
  present_ = failing_ = true;
  EnginePuller puller(client_, secrets_, log_, Options());
  for (int round = 0; round < 3; ++round) {
    auto presence = puller.Ensure(Want(PullPolicy::Never));
    ASSERT_TRUE(presence.failure);
    EXPECT_THAT(presence.failure->message, HasSubstr("the disk is slow"));
    ASSERT_TRUE(told_.try_acquire_for(kSoon));
  }
  failing_ = false;
  EXPECT_EQ(puller.Ensure(Want(PullPolicy::Never)).id, "sha256:1");
}

TEST_F(EnginePullerTest, AnImageThatIsLoadedWhileTheHostIsAskedWakesWhoAsked) {
  EnginePuller puller(client_, secrets_, log_, Options());
  on_inspect_ = [&] {
    present_ = true;
    puller.OnEvent({.type = EngineEvent::Type::Image, .id = "sha256:1", .name = "shop:1"});
  };
  EXPECT_TRUE(puller.Ensure(Want(PullPolicy::Never)).failure);
  ASSERT_TRUE(told_.try_acquire_for(kSoon));
  on_inspect_ = nullptr;
  EXPECT_EQ(puller.Ensure(Want(PullPolicy::Never)).id, "sha256:1");
}

TEST_F(EnginePullerTest, EveryEventWakesWhoWaitsAlsoBeforeItHasAskedAgain) {
  EnginePuller puller(client_, secrets_, log_, Options());
  EXPECT_TRUE(puller.Ensure(Want(PullPolicy::Never)).failure);
  for (const char* name : {"other:1", "shop:1"}) {
    puller.OnEvent({.type = EngineEvent::Type::Image, .id = "sha256:1", .name = name});
    EXPECT_TRUE(told_.try_acquire()) << name;
  }
}

TEST_F(EnginePullerTest, WhoAsksNoMoreIsNotWokenByTheImagesOfOthers) {
  auto options = Options();
  options.interest = Duration(0);
  EnginePuller puller(client_, secrets_, log_, options);
  EXPECT_TRUE(puller.Ensure(Want(PullPolicy::Never)).failure);
  puller.OnEvent({.type = EngineEvent::Type::Image, .id = "sha256:2", .name = "other:1"});
  EXPECT_FALSE(told_.try_acquire());
}

TEST_F(EnginePullerTest, WhatServicesOfOneOwnerWantDoesNotEndEachOthersBackoff) {
  refusing_ = true;
  auto options = Options();
  options.first_retry = std::chrono::hours(1);
  EnginePuller puller(client_, secrets_, log_, options);
  ImageRequest arm = Want(PullPolicy::IfNotPresent);
  arm.platform = "linux/arm64";
  const ImageRequest any = Want(PullPolicy::IfNotPresent);
  for (const ImageRequest* request : {&any, static_cast<const ImageRequest*>(&arm)}) {
    EXPECT_TRUE(puller.Ensure(*request).pulling);
    ASSERT_TRUE(told_.try_acquire_for(kSoon));
  }
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_THAT(puller.Ensure(Want(PullPolicy::Never)).failure->message, HasSubstr("pullPolicy is Never"));
    for (const ImageRequest* request : {&any, static_cast<const ImageRequest*>(&arm)}) {
      const ImagePresence presence = puller.Ensure(*request);
      EXPECT_FALSE(presence.pulling);
      EXPECT_TRUE(presence.failure);
    }
  }
  EXPECT_EQ(Pulls(), 2);
}

TEST_F(EnginePullerTest, AnImageOfARegistryIsPinnedByTheDigestOfItsOwnRepository) {
  present_ = true;
  digests_ = R"(["other/shop@sha256:a", "docker.io/library/shop@sha256:b", 7])";
  EXPECT_EQ(EnginePuller(client_, secrets_, log_, Options()).Peek("shop:1").pinned, "docker.io/library/shop@sha256:b");
  EXPECT_EQ(EnginePuller(client_, secrets_, log_, Options()).Peek("third/shop:1").pinned, "");
  EXPECT_EQ(EnginePuller(client_, secrets_, log_, Options()).Peek("shop@sha256:b").pinned, "");
}

TEST_F(EnginePullerTest, AMissingImageIsPulledOnceAndTheOwnerTold) {
  EnginePuller puller(client_, secrets_, log_, Options());
  EXPECT_TRUE(puller.Ensure(Want(PullPolicy::IfNotPresent)).pulling);
  EXPECT_EQ(Settled(puller, PullPolicy::IfNotPresent).id, "sha256:1");
  EXPECT_EQ(Pulls(), 1);
}

TEST_F(EnginePullerTest, AnImageForAnotherPlatformIsAsGoodAsNone) {
  present_ = true;
  EnginePuller puller(client_, secrets_, log_, Options());
  ImageRequest arm = Want(PullPolicy::Never);
  arm.platform = "linux/arm64";
  EXPECT_THAT(puller.Ensure(arm).failure->message, HasSubstr("not on this host for platform linux/arm64"));
  arm.policy = PullPolicy::IfNotPresent;
  ASSERT_TRUE(puller.Ensure(arm).pulling);
  ASSERT_TRUE(told_.try_acquire_for(kSoon));
  EXPECT_EQ(puller.Ensure(arm).id, "sha256:1");
  EXPECT_EQ(Pulls(), 1);
  EXPECT_TRUE(std::ranges::any_of(engine_.requests(), [](const auto& request) {
    return request.find("platform=linux%2Farm64") != std::string::npos;
  }));
}

TEST_F(EnginePullerTest, AlwaysPullsAgainOnlyWhenAskedAfterACreate) {
  present_ = true;
  EnginePuller puller(client_, secrets_, log_, Options());
  ASSERT_TRUE(puller.Ensure(Want(PullPolicy::IfNotPresent)).id);
  for (int pulls : {1, 2}) {
    {
      std::lock_guard no_answer(engine_.mutex());
      EXPECT_TRUE(puller.Ensure(Want(PullPolicy::Always)).pulling);
      puller.Created("shop:1", "web");  // of a pass that had asked before: the pull under way is not doubled
      EXPECT_TRUE(puller.Ensure(Want(PullPolicy::Always)).pulling);
    }
    ASSERT_EQ(Settled(puller, PullPolicy::Always).id, "sha256:1");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(puller.Ensure(Want(PullPolicy::Always)).id, "sha256:1");
    EXPECT_EQ(Pulls(), pulls);
    puller.Created("shop:1", "web");
    EXPECT_EQ(Pulls(), pulls);
  }
}

TEST_F(EnginePullerTest, APeekSaysWhatTheHostHasAndNeverPulls) {
  EnginePuller puller(client_, secrets_, log_, Options());
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
  EnginePuller puller(client_, secrets_, log_, options);
  puller.Ensure(Want(PullPolicy::IfNotPresent));
  ASSERT_TRUE(told_.try_acquire_for(kSoon));
  present_ = false;
  puller.ForgetAll();
  puller.Ensure(Want(PullPolicy::IfNotPresent));
  EXPECT_TRUE(told_.try_acquire_for(kSoon));
  EXPECT_EQ(Pulls(), 2);
}

// Two workloads that want one image, each with a login of its own, and a registry that knows one of them.
class LoginsTest : public EnginePullerTest {
 protected:
  LoginsTest() {
    secrets_.values[{"good", "login"}] = Config("good");
    secrets_.values[{"bad", "login"}] = Config("bad");
  }

  static std::string Config(const std::string& token) {
    return R"({"auths":{"r.example.com":{"identitytoken":")" + token + R"("}}})";
  }

  ImageRequest With(const std::string& secret, PullPolicy policy = PullPolicy::IfNotPresent) {
    return {.reference = "r.example.com/shop:1",
            .policy = policy,
            .pull_secret = secrets_.Find({secret, "login"}).value(),
            .owner = {Kind::Workload, secret}};
  }

  // The next answer to the request that is no "wait for it".
  ImagePresence Answered(EnginePuller& puller, const ImageRequest& request) {
    auto presence = puller.Ensure(request);
    while (presence.pulling && !presence.failure && told_.try_acquire_for(kSoon)) presence = puller.Ensure(request);
    return presence;
  }

  EnginePullerOptions Slow() {
    auto options = Options();
    options.first_retry = std::chrono::hours(1);
    return options;
  }
};

TEST_F(LoginsTest, AWrongLoginFailsItsOwnerAloneAndTheImageServesBothOnceItIsThere) {
  refusing_ = true;
  EnginePuller puller(client_, secrets_, log_, Slow());
  EXPECT_THAT(Answered(puller, With("bad")).failure->message, HasSubstr("the login of Secret bad/login"));
  refusing_ = false;
  EXPECT_EQ(Answered(puller, With("good")).id, "sha256:1");
  EXPECT_EQ(Pulls(), 2);
  ASSERT_TRUE(told_.try_acquire_for(kSoon));  // who waited with the wrong one
  EXPECT_EQ(puller.Ensure(With("bad")).id, "sha256:1");
}

TEST_F(LoginsTest, AlwaysAsksTheRegistryWithTheOwnersOwnLogin) {
  EnginePuller puller(client_, secrets_, log_, Slow());
  EXPECT_TRUE(Answered(puller, With("good", PullPolicy::Always)).id);
  refusing_ = true;
  EXPECT_FALSE(Answered(puller, With("bad", PullPolicy::Always)).id);
  EXPECT_TRUE(puller.Ensure(With("good", PullPolicy::Always)).id);
}

TEST_F(LoginsTest, ACorrectedSecretIsTriedAtOnceAndTheWrongOneNeverAgain) {
  refusing_ = true;
  EnginePuller puller(client_, secrets_, log_, Slow());
  EXPECT_TRUE(Answered(puller, With("bad")).failure);
  EXPECT_FALSE(puller.Ensure(With("bad")).pulling);
  EXPECT_EQ(Pulls(), 1);
  refusing_ = false;
  secrets_.values[{"bad", "login"}] = Config("corrected");
  EXPECT_EQ(Answered(puller, With("bad")).id, "sha256:1");
  EXPECT_EQ(Pulls(), 2);
}

TEST_F(LoginsTest, RetryEndsTheBackoffOfWhoAskedForIt) {
  refusing_ = true;
  EnginePuller puller(client_, secrets_, log_, Slow());
  EXPECT_FALSE(puller.Retry({Kind::Workload, "bad"}));
  EXPECT_TRUE(Answered(puller, With("bad")).failure);
  EXPECT_FALSE(puller.Retry({Kind::Workload, "good"}));
  EXPECT_EQ(Pulls(), 1);
  EXPECT_TRUE(puller.Retry({Kind::Workload, "bad"}));
  ASSERT_TRUE(told_.try_acquire_for(kSoon));
  EXPECT_EQ(Pulls(), 2);
  refusing_ = false;
  puller.RetryAll();
  ASSERT_TRUE(told_.try_acquire_for(kSoon));
  EXPECT_TRUE(puller.Ensure(With("bad")).id);
}

TEST_F(LoginsTest, TheHeaderCarriesTheLoginAndNothingThatIsSaidDoes) {
  refusing_ = true;
  EnginePuller puller(client_, secrets_, log_, Slow());
  const auto failure = Answered(puller, With("bad")).failure;
  const auto requests = engine_.requests();
  EXPECT_TRUE(std::ranges::any_of(requests, [](const auto& r) { return r.find("X-Registry-Auth: eyJ") != r.npos; }));
  EXPECT_EQ(failure->message.find("eyJ"), std::string::npos);
}

}  // namespace
}  // namespace tinyforge::docker
