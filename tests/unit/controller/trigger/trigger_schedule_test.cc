#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/unit/controller/trigger/service_fixture.h"

namespace tinyforge {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

// Nothing runs here, so the clock may stand.
class TriggerScheduleTest : public TriggerServiceTest {
 protected:
  TriggerScheduleTest() {
    Make();
    SetSchedule("*/10 * * * *");
  }
  ~TriggerScheduleTest() override { service_.reset(); }
  const Clock& clock() override { return still_; }
  void SetSchedule(const std::string& cron, const std::string& action = "Restart") {
    Set(Manifest("Trigger", "name: nightly",
                 "schedule: {cron: \"" + cron + "\", timeZone: UTC, action: " + action + "}") +
        ImageWorkload("shop") + Bound("b", "nightly", "shop"));
  }
  std::size_t Came() {
    EXPECT_TRUE(service_->desk().Flush());
    return log_.kept.Get().deliveries.size();
  }
  std::string Newest() {
    EXPECT_TRUE(service_->desk().Flush());
    return Text(log_.kept.Get().deliveries.rbegin()->second);
  }
  FakeClock still_;
};

TEST_F(TriggerScheduleTest, ATimeComesOnceWhenItIsThere) {
  still_.Advance(minutes(5));
  EXPECT_EQ(Judge("nightly").requeue_after, minutes(5));
  still_.Advance(minutes(5));
  EXPECT_EQ(Judge("nightly").requeue_after, minutes(10));
  EXPECT_EQ(Came(), 1u);
  Judge("nightly");
  EXPECT_EQ(Came(), 1u);
  const Delivery delivery = log_.kept.Get().deliveries.begin()->second;
  EXPECT_EQ(delivery.cause, "schedule");
  EXPECT_THAT(Text(delivery), HasSubstr("b/shop pending: \"*/10 * * * *\" came at 2026-01-01T00:10:00.000Z"));
}

TEST_F(TriggerScheduleTest, ATimeThatIsFarAwayIsLookedAtEveryHour) {
  SetSchedule("0 3 * * *");
  EXPECT_EQ(Judge("nightly").requeue_after, hours(1));
}

TEST_F(TriggerScheduleTest, WhatPassedBeforeTheFirstLookOrAnEditIsPast) {
  still_.Advance(minutes(15));
  Judge("nightly");
  EXPECT_EQ(Came(), 0u);
  SetSchedule("*/5 * * * *");
  still_.Advance(minutes(10));
  Judge("nightly");
  EXPECT_EQ(Came(), 0u);
}

TEST_F(TriggerScheduleTest, WhatPassedWhileTheHostSleptIsPast) {
  Judge("nightly");
  still_.Advance(hours(9));
  EXPECT_EQ(Judge("nightly").requeue_after, minutes(10));
  EXPECT_EQ(Came(), 0u);
}

TEST_F(TriggerScheduleTest, AClockThatIsPutBackALittleRepeatsNothing) {
  Judge("nightly");
  still_.Advance(minutes(10));
  Judge("nightly");
  EXPECT_EQ(Came(), 1u);
  still_.Advance(-seconds(30));
  Judge("nightly");
  still_.Advance(seconds(40));
  Judge("nightly");
  EXPECT_EQ(Came(), 1u);
  still_.Advance(minutes(10));
  Judge("nightly");
  EXPECT_EQ(Came(), 2u);
}

TEST_F(TriggerScheduleTest, AClockThatWasFarAheadHoldsNoTimeUpForLong) {
  still_.Advance(hours(24 * 365));
  Judge("nightly");
  still_.Advance(-hours(24 * 365));
  Judge("nightly");
  still_.Advance(minutes(10));
  Judge("nightly");
  EXPECT_EQ(Came(), 1u);
}

TEST_F(TriggerScheduleTest, WithoutABindingNoTimeComes) {
  Set(Manifest("Trigger", "name: nightly", "schedule: {cron: \"*/10 * * * *\", action: Restart}"));
  Judge("nightly");
  still_.Advance(minutes(10));
  EXPECT_FALSE(Judge("nightly").requeue_after);
  EXPECT_EQ(Came(), 0u);
}

TEST_F(TriggerScheduleTest, ABindingMayKeepATimeOfItsOwn) {
  const auto late = [&](const std::string& overrides) {
    Set(Manifest("Trigger", "name: nightly", "schedule: {cron: \"30 2 * * *\", timeZone: UTC, action: Restart}") +
        ImageWorkload("shop") + ImageWorkload("late") + Bound("b", "nightly", "shop") +
        Bound("c", "nightly", "late", "overrides: {" + overrides + "}"));
    return Judge("nightly").requeue_after;
  };
  EXPECT_EQ(late("cron: \"10 * * * *\""), minutes(10));
  still_.Advance(minutes(10));
  EXPECT_EQ(Judge("nightly").requeue_after, hours(1));
  EXPECT_EQ(Newest(), "c/late pending: \"10 * * * *\" came at 2026-01-01T00:10:00.000Z\n");
  EXPECT_EQ(late("timeZone: Etc/GMT-2"), minutes(20)) << "two hours ahead";
  still_.Advance(minutes(20));
  Judge("nightly");
  EXPECT_EQ(Newest(), "c/late pending: \"30 2 * * *\" came at 2026-01-01T00:30:00.000Z\n");
  for (int i = 0; i < 2; ++i) {
    still_.Advance(hours(1));
    Judge("nightly");
  }
  EXPECT_EQ(Newest(), "b/shop pending: \"30 2 * * *\" came at 2026-01-01T02:30:00.000Z\n");
  EXPECT_EQ(Came(), 3u);
}

TEST_F(TriggerScheduleTest, ATimeThatAllKeepIsOneDelivery) {
  Set(Manifest("Trigger", "name: nightly", "schedule: {cron: \"*/10 * * * *\", timeZone: UTC, action: Restart}") +
      ImageWorkload("shop") + ImageWorkload("late") + Bound("b", "nightly", "shop") +
      Bound("c", "nightly", "late", "overrides: {action: Refresh}"));
  Judge("nightly");
  still_.Advance(minutes(10));
  Judge("nightly");
  EXPECT_EQ(Came(), 1u);
  EXPECT_THAT(Newest(), HasSubstr("b/shop pending"));
  EXPECT_THAT(Newest(), HasSubstr("c/late pending"));
}

TEST_F(TriggerScheduleTest, WhatATimeBroughtCanBeReplayed) {
  Judge("nightly");
  still_.Advance(minutes(10));
  Judge("nightly");
  ASSERT_EQ(Came(), 1u);
  const auto again = service_->Replay(log_.kept.Get().deliveries.begin()->first);
  ASSERT_TRUE(again);
  EXPECT_THAT(Text(*again), HasSubstr("b/shop pending: it was fired"));
  EXPECT_EQ(again->cause, "tfctl replay");
}

}  // namespace
}  // namespace tinyforge
