#include "controller/registry/pace.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tinyforge::registry {
namespace {

using namespace std::chrono_literals;

const ImageName kShop{"r.example.com", "team/shop"};
const ImageName kOther{"r.example.com", "team/other"};
const ImageName kElsewhere{"e.example.com", "team/shop"};

class PaceTest : public testing::Test {
 protected:
  // Zero: it may be asked.
  Duration Left(const ImageName& image) {
    const auto closed = pace_.Look(image);
    return closed ? closed->remaining : Duration(0);
  }

  FakeClock clock_;
  Pace pace_{clock_, {.requests_per_minute = 60, .burst = 10, .backoff = {5s, 10min, 0}}};
};

TEST_F(PaceTest, ABurstIsFreeAndWhatGoesBeyondIsWaitedForByTheNext) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Left(kShop), 0ms);
    pace_.Spend(i % 2 ? kShop : kOther);
  }
  EXPECT_EQ(Left(kShop), 1s);
  EXPECT_EQ(Left(kElsewhere), 0ms);
  for (int i = 0; i < 5; ++i) pace_.Spend(kShop);
  EXPECT_EQ(Left(kOther), 6s);
  clock_.Advance(5900ms);
  EXPECT_EQ(Left(kShop), 100ms);
  clock_.Advance(100ms);
  EXPECT_EQ(Left(kShop), 0ms);
}

TEST_F(PaceTest, ABudgetNeverGrowsBeyondItsBurst) {
  pace_.Spend(kShop);
  clock_.Advance(24h);
  for (int i = 0; i < 10; ++i) pace_.Spend(kShop);
  EXPECT_EQ(Left(kShop), 1s);
}

TEST_F(PaceTest, FailuresDoubleThePauseUpToTheCapAndASuccessForgetsThem) {
  for (const Duration expected : {Duration(5s), Duration(10s), Duration(20s), Duration(40s), Duration(80s),
                                  Duration(160s), Duration(320s), Duration(10min), Duration(10min)}) {
    pace_.Failed(kShop, {.reason = "it is not well"});
    EXPECT_EQ(Left(kShop), expected);
    EXPECT_EQ(Left(kOther), expected);
    EXPECT_EQ(Left(kElsewhere), 0ms);
    clock_.Advance(expected);
    EXPECT_EQ(Left(kShop), 0ms);
  }
  pace_.Succeeded(kOther);
  pace_.Failed(kShop, {});
  EXPECT_EQ(Left(kShop), 5s);
}

TEST_F(PaceTest, WhatIsOneRepositorysFaultHoldsUpNoOther) {
  pace_.Failed(kShop, {.of_registry = false});
  EXPECT_EQ(Left(kShop), 5s);
  EXPECT_EQ(Left(kOther), 0ms);
  pace_.Succeeded(kOther);
  EXPECT_EQ(Left(kShop), 5s);
}

TEST_F(PaceTest, CallsThatFailTogetherCountOnce) {
  for (int i = 0; i < 20; ++i) pace_.Failed(kShop, {});
  EXPECT_EQ(Left(kShop), 5s);
  clock_.Advance(5s);
  for (int i = 0; i < 20; ++i) pace_.Failed(kShop, {});
  EXPECT_EQ(Left(kShop), 10s);
}

TEST_F(PaceTest, RetryAfterIsHonouredUpToAnHourAndNeverShortensAPause) {
  pace_.Failed(kShop, {.retry_after = 90s, .reason = "slow down"});
  EXPECT_EQ(Left(kShop), 90s);
  pace_.Failed(kShop, {.retry_after = 10s});
  EXPECT_EQ(Left(kShop), 90s);
  pace_.Failed(kShop, {.retry_after = 24h * 365});
  EXPECT_EQ(Left(kShop), 1h);
  clock_.Advance(1h);
  pace_.Failed(kShop, {.retry_after = 0s});
  EXPECT_EQ(Left(kShop), 10s);
}

TEST_F(PaceTest, ASuccessOfACallThatBeganEarlierOpensNothing) {
  pace_.Failed(kShop, {.retry_after = 90s});
  pace_.Succeeded(kShop);
  EXPECT_EQ(Left(kShop), 90s);
}

TEST_F(PaceTest, SaysUntilWhenAndWhyTheSameWayEachTime) {
  pace_.Failed(kShop, {.retry_after = 60s, .reason = "it limits the rate"});
  clock_.Advance(12'345'678ns);
  const auto closed = pace_.Look(kShop);
  EXPECT_EQ(FormatRfc3339(closed->until), "2026-01-01T00:01:00.000Z");
  EXPECT_EQ(closed->reason, "it limits the rate");
}

TEST_F(PaceTest, JitterKeepsWhatFailedTogetherApartWithinItsBounds) {
  Pace pace(clock_, {.backoff = {100s, 10min, 0.2}});
  bool differs = false;
  for (int i = 0; i < 50; ++i) {
    const ImageName image{"r" + std::to_string(i), "a"};
    pace.Failed(image, {});
    const Duration left = pace.Look(image)->remaining;
    EXPECT_GE(left, 80s);
    EXPECT_LE(left, 120s);
    differs = differs || left != 100s;
  }
  EXPECT_TRUE(differs);
}

TEST_F(PaceTest, AnyNumberOfRegistriesIsRememberedInBoundedMemory) {
  pace_.Failed(kShop, {.retry_after = 1h});
  for (int i = 0; i < 3000; ++i) {
    const ImageName image{"r" + std::to_string(i), "a"};
    pace_.Spend(image);
    pace_.Failed(image, {});
    pace_.Failed(image, {.of_registry = false});
  }
  EXPECT_EQ(Left(kShop), 1h);           // says most
  EXPECT_EQ(Left({"r2999", "a"}), 5s);  // the newest
}

}  // namespace
}  // namespace tinyforge::registry
