#include "controller/serve/rate_limiter.h"

#include <gtest/gtest.h>

#include "controller/serve/keyed_hash.h"
#include "tests/fakes/fake_clock.h"

namespace tinyforge::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kCells = 16 * 1024;

// The example of the algorithm's paper, appendix A.
TEST(KeyedHashTest, IsSipHash) {
  std::string bytes;
  for (char c = 0; c < 15; ++c) bytes += c;
  const KeyedHash hash({0x0706050403020100, 0x0f0e0d0c0b0a0908});
  EXPECT_EQ(hash(bytes), 0xa129ca6149be45e5);
}

TEST(KeyedHashTest, EachProcessHasItsOwnKey) {
  EXPECT_NE(KeyedHash()("192.0.2.0"), KeyedHash()("192.0.2.0"));
}

class RateLimiterTest : public testing::Test {
 protected:
  int Taken(RateLimiter& limiter, std::uint64_t key, int tries) {
    int taken = 0;
    for (int i = 0; i < tries; ++i) taken += limiter.Take(key, clock_.Now());
    return taken;
  }
  const KeyedHash hash_;
  FakeClock clock_;
};

TEST_F(RateLimiterTest, LetsABurstThroughAndThenTheRate) {
  RateLimiter limiter({.per_second = 50, .burst = 200}, kCells);
  EXPECT_EQ(Taken(limiter, 1, 1000), 200);
  EXPECT_EQ(limiter.Wait(1, clock_.Now()), milliseconds(20));
  clock_.Advance(seconds(1));
  EXPECT_EQ(Taken(limiter, 1, 1000), 50);
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Taken(limiter, 1, 1000), 200);
}

TEST_F(RateLimiterTest, KeysDoNotShareTheirBuckets) {
  RateLimiter limiter({.per_second = 1, .burst = 10}, kCells);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(Taken(limiter, hash_(std::to_string(i)), 11), 10) << i;
}

TEST_F(RateLimiterTest, NoRateIsNoLimit) {
  RateLimiter limiter({.per_second = 0}, kCells);
  EXPECT_EQ(Taken(limiter, 1, 100'000), 100'000);
}

TEST_F(RateLimiterTest, WhoGoesOnAndOnOwesNoMoreThanOne) {
  RateLimiter limiter({.per_second = 1, .burst = 10}, kCells);
  for (int i = 0; i < 100'000; ++i) limiter.Count(1, clock_.Now());
  EXPECT_EQ(limiter.Wait(1, clock_.Now()), seconds(2));
  clock_.Advance(seconds(2));
  EXPECT_EQ(Taken(limiter, 1, 10), 1);
}

// A million others do not wash out what one has spent.
TEST_F(RateLimiterTest, ASprayOfKeysForgetsNobody) {
  RateLimiter limiter({.per_second = 0.001, .burst = 10}, kCells);
  const std::uint64_t guesser = hash_("guesser");
  EXPECT_EQ(Taken(limiter, guesser, 20), 10);
  for (int i = 0; i < 1'000'000; ++i) limiter.Take(hash_(std::to_string(i)), clock_.Now());
  EXPECT_EQ(Taken(limiter, guesser, 20), 0);
}

// At the rate that the listener lets in from all, with each request from another network.
TEST_F(RateLimiterTest, ASprayOfKeysLocksOutNobody) {
  RateLimiter limiter({.per_second = 10.0 / 60, .burst = 10}, kCells);
  int locked_out = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    limiter.Count(hash_(std::to_string(i)), clock_.Now());
    clock_.Advance(std::chrono::microseconds(500));
    if (i % 100 == 0) locked_out += !limiter.Fits(hash_("honest " + std::to_string(i)), clock_.Now());
  }
  EXPECT_EQ(locked_out, 0);
}

}  // namespace
}  // namespace tinyforge::serve
