#include "controller/runtime/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tinyforge {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

ObjectKey Key(std::string name) {
  return {Kind::Workload, std::move(name)};
}

class WorkQueueTest : public ::testing::Test {
 protected:
  // The name of the key that is due, "" when none is. It is done at once.
  std::string Next() {
    const auto item = queue_.TryGet();
    if (!item) return "";
    queue_.Done(item->key);
    return item->key.name;
  }

  // The names of all keys that are due, in order.
  std::string Drain() {
    std::string names;
    for (std::string name = Next(); !name.empty(); name = Next()) names += name;
    return names;
  }

  // A pass over the key that fails with a Transient error.
  WorkQueue::Retry FailOnce(const ObjectKey& key) {
    EXPECT_TRUE(queue_.TryGet());
    const auto retry = queue_.AddRateLimited(key);
    queue_.Done(key);
    return retry;
  }

  FakeClock clock_;
  WorkQueue queue_{
      clock_, {.transient = {milliseconds(250), minutes(5), 0}, .waiting = {seconds(1), seconds(30), 0}, .seed = 1}};
  const ObjectKey a_ = Key("a");
};

TEST_F(WorkQueueTest, AKeyAddedThreeTimesIsHandedOutOnce) {
  for (int i = 0; i < 3; ++i) queue_.Add(a_);
  EXPECT_EQ(queue_.Depth(), 1u);
  EXPECT_EQ(Next(), "a");
  EXPECT_EQ(Next(), "");
}

TEST_F(WorkQueueTest, KeysComeInTheOrderOfTheirFirstAdd) {
  for (const char* name : {"c", "a", "b", "c"}) queue_.Add(Key(name));
  EXPECT_EQ(Drain(), "cab");
}

TEST_F(WorkQueueTest, AKeyAddedWhileInProgressComesAgainAfterDoneAndNotBefore) {
  queue_.Add(a_);
  ASSERT_TRUE(queue_.TryGet());
  queue_.Add(a_);
  EXPECT_FALSE(queue_.TryGet());
  EXPECT_FALSE(queue_.NextDue());
  queue_.Done(a_);
  EXPECT_EQ(Next(), "a");
  EXPECT_EQ(Next(), "");
}

TEST_F(WorkQueueTest, ADelayedKeyIsHandedOutWhenItsTimeHasCome) {
  queue_.AddAfter(a_, seconds(5));
  EXPECT_EQ(queue_.NextDue(), clock_.Now() + seconds(5));
  EXPECT_EQ(queue_.Depth(), 0u);
  clock_.Advance(milliseconds(4999));
  EXPECT_EQ(Next(), "");
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(queue_.Depth(), 1u);
  EXPECT_EQ(Next(), "a");
  EXPECT_FALSE(queue_.NextDue());
}

TEST_F(WorkQueueTest, OfTwoDelaysTheEarlierHolds) {
  queue_.AddAfter(a_, seconds(5));
  queue_.AddAfter(a_, seconds(9));
  EXPECT_EQ(queue_.NextDue(), clock_.Now() + seconds(5));
  queue_.AddAfter(a_, seconds(2));
  EXPECT_EQ(queue_.NextDue(), clock_.Now() + seconds(2));
  queue_.Add(a_);
  EXPECT_EQ(Next(), "a");
  EXPECT_FALSE(queue_.NextDue()) << "an earlier pass makes the later one needless";
}

TEST_F(WorkQueueTest, ADelayAskedForWhileInProgressHoldsAfterDone) {
  queue_.Add(a_);
  ASSERT_TRUE(queue_.TryGet());
  queue_.AddAfter(a_, seconds(3));
  clock_.Advance(seconds(1));
  queue_.Done(a_);
  EXPECT_EQ(queue_.NextDue(), clock_.Now() + seconds(2));
}

TEST_F(WorkQueueTest, LatencyCountsFromTheMomentTheKeyWasDue) {
  queue_.AddAfter(a_, seconds(5));
  clock_.Advance(seconds(7));
  EXPECT_EQ(queue_.TryGet()->waited, seconds(2));
}

TEST_F(WorkQueueTest, TransientErrorsBackOffFrom250MillisecondsTo5Minutes) {
  queue_.Add(a_);
  std::vector<Duration> delays;
  for (int attempt = 1; attempt <= 14; ++attempt) {
    const auto retry = FailOnce(a_);
    EXPECT_EQ(retry.attempt, attempt);
    EXPECT_EQ(queue_.NextDue(), clock_.Now() + retry.delay);
    delays.push_back(retry.delay);
    clock_.Advance(retry.delay);
  }
  EXPECT_EQ(delays[0], milliseconds(250));
  EXPECT_EQ(delays[1], milliseconds(500));
  EXPECT_EQ(delays[10], seconds(256));
  EXPECT_EQ(delays[11], minutes(5));
  EXPECT_EQ(delays[13], minutes(5));
}

TEST_F(WorkQueueTest, ForgetStartsTheBackoffAnew) {
  queue_.Add(a_);
  for (int i = 0; i < 5; ++i) clock_.Advance(FailOnce(a_).delay);
  EXPECT_EQ(Next(), "a");
  queue_.Forget(a_);
  queue_.Add(a_);
  EXPECT_EQ(FailOnce(a_).delay, milliseconds(250));
}

TEST_F(WorkQueueTest, WaitingHasItsOwnScheduleFrom1To30Seconds) {
  queue_.Add(a_);
  FailOnce(a_);
  clock_.Advance(milliseconds(250));
  std::vector<Duration> delays;
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(queue_.TryGet());
    delays.push_back(queue_.AddWaiting(a_).delay);
    queue_.Done(a_);
    clock_.Advance(delays.back());
  }
  const std::vector<Duration> expected{seconds(1),  seconds(2),  seconds(4), seconds(8),
                                       seconds(16), seconds(30), seconds(30)};
  EXPECT_EQ(delays, expected);
}

TEST_F(WorkQueueTest, BackoffIsPerKey) {
  queue_.Add(a_);
  for (int i = 0; i < 5; ++i) clock_.Advance(FailOnce(a_).delay);
  EXPECT_EQ(Next(), "a");
  queue_.Add(Key("b"));
  EXPECT_EQ(FailOnce(Key("b")).delay, milliseconds(250));
}

TEST_F(WorkQueueTest, JitterSpreadsDelaysAroundTheScheduleAndNeverAboveTheCap) {
  const Backoff backoff{.base = seconds(1), .cap = seconds(30), .jitter = 0.2};
  EXPECT_EQ(backoff.Delay(0, 0.0), milliseconds(800));
  EXPECT_EQ(backoff.Delay(0, 0.5), milliseconds(1000));
  EXPECT_EQ(backoff.Delay(3, 1.0), milliseconds(9600));
  EXPECT_EQ(backoff.Delay(40, 1.0), seconds(30));
  EXPECT_EQ(backoff.Delay(1 << 30, 0.5), seconds(30));
}

TEST_F(WorkQueueTest, AResyncDoesNotShortenABackoff) {
  queue_.Add(a_);
  for (int i = 0; i < 6; ++i) clock_.Advance(FailOnce(a_).delay);
  const auto retry = FailOnce(a_);  // 16 s
  queue_.Add(a_, Urgency::Resync);
  EXPECT_EQ(queue_.NextDue(), clock_.Now() + retry.delay);
}

TEST_F(WorkQueueTest, EventsDuringAndAfterAFailingPassCannotMakeItSpin) {
  queue_.Add(a_);
  for (int i = 0; i < 6; ++i) clock_.Advance(FailOnce(a_).delay);
  ASSERT_TRUE(queue_.TryGet());
  queue_.Add(a_, Urgency::Event);
  queue_.AddRateLimited(a_);
  queue_.Add(a_, Urgency::Event);
  queue_.Done(a_);
  queue_.Add(a_, Urgency::Event);
  EXPECT_EQ(queue_.NextDue(), clock_.Now() + seconds(2));
}

TEST_F(WorkQueueTest, AnEventEndsAWaitAtOnce) {
  queue_.Add(a_);
  ASSERT_TRUE(queue_.TryGet());
  queue_.AddWaiting(a_);
  queue_.Done(a_);
  queue_.Add(a_, Urgency::Event);
  EXPECT_EQ(Next(), "a");
}

TEST_F(WorkQueueTest, AChangeEndsABackoffAndItsHistory) {
  queue_.Add(a_);
  for (int i = 0; i < 6; ++i) clock_.Advance(FailOnce(a_).delay);
  FailOnce(a_);
  queue_.Add(a_, Urgency::Change);
  EXPECT_EQ(FailOnce(a_).delay, milliseconds(250));
}

TEST_F(WorkQueueTest, AChangeDuringAFailingPassIsLookedAtAtOnce) {
  queue_.Add(a_);
  ASSERT_TRUE(queue_.TryGet());
  queue_.Add(a_, Urgency::Change);
  queue_.AddRateLimited(a_);
  queue_.Done(a_);
  EXPECT_EQ(Next(), "a");
}

TEST_F(WorkQueueTest, ChangesGoBeforeEventsAndEventsBeforeResyncs) {
  queue_.Add(Key("r"), Urgency::Resync);
  queue_.Add(Key("e"), Urgency::Event);
  queue_.Add(Key("c"), Urgency::Change);
  EXPECT_EQ(Drain(), "cer");
}

TEST_F(WorkQueueTest, AKeyInLineMovesUpWhenItBecomesMoreUrgentAndNeverDown) {
  queue_.Add(Key("r"), Urgency::Resync);
  queue_.Add(Key("e"), Urgency::Event);
  queue_.Add(Key("r"), Urgency::Change);
  queue_.Add(Key("r"), Urgency::Resync);
  EXPECT_EQ(Drain(), "re");
}

TEST_F(WorkQueueTest, ResyncsAreNotStarvedByASteadyStreamOfChanges) {
  queue_.Add(Key("resync"), Urgency::Resync);
  int turns = 0;
  do {
    queue_.Add(Key("change" + std::to_string(turns)), Urgency::Change);
    ASSERT_LT(++turns, 10);
  } while (Next() != "resync");
}

TEST_F(WorkQueueTest, EventsOfAPassThatActedAndFailedWaitLongerEachTimeUpTo30Seconds) {
  std::vector<Duration> floors;
  queue_.Add(a_);
  for (int i = 0; i < 9; ++i) {
    ASSERT_EQ(queue_.TryGet()->key, a_);
    queue_.Add(a_);  // an event of its own making
    queue_.AddWaiting(a_, WorkQueue::Effect::Acted);
    queue_.Done(a_);
    queue_.Add(a_);  // another one, a moment later
    ASSERT_FALSE(queue_.TryGet());
    floors.push_back(std::chrono::duration_cast<Duration>(*queue_.NextDue() - clock_.Now()));
    clock_.Advance(floors.back());
  }
  EXPECT_THAT(floors, testing::ElementsAre(milliseconds(250), milliseconds(500), seconds(1), seconds(2), seconds(4),
                                           seconds(8), seconds(16), seconds(30), seconds(30)));
  queue_.Add(a_, Urgency::Change);
  EXPECT_EQ(Next(), "a");
}

TEST_F(WorkQueueTest, AStalledKeyComesBackSlowlyAndItsEventsAfterTheFloor) {
  queue_.Add(a_);
  ASSERT_TRUE(queue_.TryGet());
  EXPECT_EQ(queue_.AddStalled(a_).delay, minutes(5));
  queue_.Done(a_);
  EXPECT_EQ(queue_.NextDue(), clock_.Now() + minutes(5));
  queue_.Add(a_);
  EXPECT_EQ(queue_.NextDue(), clock_.Now() + milliseconds(250));
}

}  // namespace
}  // namespace tinyforge
