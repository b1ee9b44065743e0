#include "controller/probe/probe_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tinyforge::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const ProbeOutcome kSuccess;
const ProbeOutcome kRefused{Verdict::Failure, "refused"};
const ProbeOutcome kStatus{Verdict::Failure, "status 503"};
const ProbeOutcome kNoRoute{Verdict::Unreachable, "no route"};

// Runs the probes of one target as they fall due, each ending at once.
class ProbeScheduleTest : public testing::Test {
 protected:
  void Use(Duration interval, int retries, Duration start_period = Duration(0)) {
    check_.interval = interval;
    check_.retries = retries;
    check_.start_period = start_period;
    schedule_.emplace(check_, "c1", start_);
  }

  // True: the workload was told.
  bool Probe(const ProbeOutcome& outcome) {
    now_ = std::max(now_, schedule_->due());
    schedule_->Begin(now_);
    ++probes_;
    return schedule_->Settle(outcome, now_);
  }

  // Probes with this outcome until the state differs.
  Duration UntilChange(const ProbeOutcome& outcome) {
    const SteadyTime from = now_;
    const ProbeState before = state();
    while (state() == before && probes_ < 1000) Probe(outcome);
    return std::chrono::round<Duration>(now_ - from);
  }

  ProbeState state() const { return schedule_->report().state; }
  Duration gap() const { return std::chrono::round<Duration>(schedule_->due() - now_); }
  Duration elapsed() const { return std::chrono::round<Duration>(now_ - start_); }

  v1::Healthcheck check_;
  const SteadyTime start_{std::chrono::hours(1)};
  SteadyTime now_ = start_;
  std::optional<ProbeSchedule> schedule_;
  int probes_ = 0;
};

TEST_F(ProbeScheduleTest, ANewTargetIsUnknownAndDueAtOnce) {
  Use(seconds(10), 3);
  EXPECT_EQ(schedule_->due(), start_);
  EXPECT_EQ(schedule_->report(), ProbeReport{});
}

TEST_F(ProbeScheduleTest, OneSuccessIsHealthyAndToldAtOnce) {
  Use(seconds(10), 3);
  EXPECT_TRUE(Probe(kSuccess));
  EXPECT_EQ(state(), ProbeState::Healthy);
  EXPECT_EQ(schedule_->report().message, "");
}

TEST_F(ProbeScheduleTest, AHealthyTargetIsProbedAtItsIntervalAndUpToATenthMore) {
  Use(seconds(10), 3);
  Probe(kSuccess);
  const Duration first = gap();
  EXPECT_GE(first, seconds(10));
  EXPECT_LE(first, seconds(11));
  EXPECT_FALSE(Probe(kSuccess));
  EXPECT_EQ(gap(), first);
}

TEST_F(ProbeScheduleTest, JitterIsThatOfTheContainer) {
  const auto gap_of = [&](std::string_view container) {
    ProbeSchedule schedule(check_, container, start_);
    schedule.Begin(start_);
    schedule.Settle(kSuccess, start_);
    return schedule.due() - start_;
  };
  EXPECT_EQ(gap_of("c1"), gap_of("c1"));
  EXPECT_NE(gap_of("c1"), gap_of("c2"));
}

TEST_F(ProbeScheduleTest, StartUpIsProbedQuicklyAndEverMoreSlowly) {
  Use(seconds(10), 3);
  std::vector<Duration> gaps;
  for (int i = 0; i < 8; ++i) {
    Probe(kRefused);
    gaps.push_back(gap());
  }
  // At 10 s a failure counts, so there is a probe at that moment.
  EXPECT_EQ(gaps, (std::vector<Duration>{milliseconds(250), milliseconds(500), seconds(1), seconds(2), seconds(4),
                                         milliseconds(2250), seconds(10), seconds(10)}));
}

TEST_F(ProbeScheduleTest, AnIntervalBelowTheFirstGapIsKept) {
  Use(milliseconds(100), 3);
  Probe(kRefused);
  EXPECT_EQ(gap(), milliseconds(100));
  Probe(kRefused);
  EXPECT_EQ(gap(), milliseconds(100));
}

TEST_F(ProbeScheduleTest, QuickProbesTakeNothingFromTheTimeToBoot) {
  Use(seconds(10), 3);
  while (elapsed() < seconds(3)) Probe(kRefused);
  EXPECT_GT(probes_, 3);
  EXPECT_EQ(state(), ProbeState::Unknown);
  EXPECT_TRUE(Probe(kSuccess));
  EXPECT_EQ(state(), ProbeState::Healthy);
  EXPECT_LT(elapsed(), seconds(8));
}

TEST_F(ProbeScheduleTest, WhatNeverAnswersIsUnhealthyAfterRetriesIntervals) {
  Use(seconds(10), 3);
  EXPECT_EQ(UntilChange(kRefused), seconds(30));
  EXPECT_EQ(state(), ProbeState::Unhealthy);
  EXPECT_EQ(schedule_->report().message, "refused");
}

TEST_F(ProbeScheduleTest, ASingleRetryStillLeavesAnIntervalToBoot) {
  Use(seconds(10), 1);
  EXPECT_EQ(UntilChange(kRefused), seconds(10));
}

TEST_F(ProbeScheduleTest, NothingCountsWithinTheStartPeriod) {
  Use(seconds(10), 3, seconds(60));
  EXPECT_EQ(UntilChange(kRefused), seconds(80));  // counted at 60, 70 and 80 s
  EXPECT_EQ(state(), ProbeState::Unhealthy);
}

TEST_F(ProbeScheduleTest, TheStartPeriodBindsAfterASuccessToo) {
  Use(seconds(10), 1, seconds(60));
  Probe(kSuccess);
  EXPECT_GE(UntilChange(kRefused), seconds(60));
}

TEST_F(ProbeScheduleTest, AHealthyTargetIsUnhealthyAfterRetriesFailures) {
  Use(seconds(10), 3);
  Probe(kSuccess);
  EXPECT_FALSE(Probe(kRefused));
  EXPECT_FALSE(Probe(kRefused));
  EXPECT_EQ(state(), ProbeState::Healthy);
  EXPECT_EQ(schedule_->report().message, "refused");
  EXPECT_TRUE(Probe(kRefused));
  EXPECT_EQ(state(), ProbeState::Unhealthy);
}

TEST_F(ProbeScheduleTest, ASuccessEndsTheRowOfFailures) {
  Use(seconds(10), 2);
  Probe(kSuccess);
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(Probe(kRefused));
    EXPECT_FALSE(Probe(kSuccess));
  }
  EXPECT_EQ(schedule_->report(), ProbeReport{.state = ProbeState::Healthy});
}

TEST_F(ProbeScheduleTest, AnUnhealthyTargetRecoversWithOneSuccess) {
  Use(seconds(10), 3);
  UntilChange(kRefused);
  EXPECT_TRUE(Probe(kSuccess));
  EXPECT_EQ(schedule_->report(), ProbeReport{.state = ProbeState::Healthy});
}

TEST_F(ProbeScheduleTest, WhatCannotBeReachedIsUnreachableAndNeverUnhealthy) {
  Use(seconds(10), 3);
  EXPECT_EQ(UntilChange(kNoRoute), seconds(30));
  EXPECT_EQ(state(), ProbeState::Unreachable);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(Probe(kNoRoute));
  EXPECT_EQ(state(), ProbeState::Unreachable);
}

TEST_F(ProbeScheduleTest, WhatDidNotReachItNeitherAddsToTheFailuresNorEndsTheirRow) {
  Use(seconds(10), 2);
  Probe(kSuccess);
  Probe(kRefused);
  Probe(kNoRoute);
  EXPECT_EQ(state(), ProbeState::Healthy);
  Probe(kRefused);
  EXPECT_EQ(state(), ProbeState::Unhealthy);
}

TEST_F(ProbeScheduleTest, AFailureEndsTheRowOfThoseThatDidNotReachIt) {
  Use(seconds(10), 2);
  Probe(kSuccess);
  Probe(kNoRoute);
  Probe(kRefused);
  Probe(kNoRoute);
  EXPECT_EQ(state(), ProbeState::Healthy);
  Probe(kNoRoute);
  EXPECT_EQ(state(), ProbeState::Unreachable);
}

TEST_F(ProbeScheduleTest, AnotherMessageIsToldAtMostOnceAnInterval) {
  Use(seconds(10), 3);
  EXPECT_TRUE(Probe(kRefused));
  EXPECT_FALSE(Probe(kStatus));
  EXPECT_EQ(schedule_->report().message, "status 503");
  while (elapsed() < seconds(7)) EXPECT_FALSE(Probe(kStatus));
  EXPECT_TRUE(Probe(kStatus));  // at 10 s
  EXPECT_EQ(elapsed(), seconds(10));
  EXPECT_FALSE(Probe(kStatus));
}

TEST_F(ProbeScheduleTest, AProbeThatOutlastsTheIntervalIsFollowedAtOnce) {
  Use(seconds(1), 3);
  Probe(kSuccess);
  schedule_->Begin(schedule_->due());
  const SteadyTime ended = schedule_->due() + seconds(5);
  schedule_->Settle(kRefused, ended);
  EXPECT_EQ(schedule_->due(), ended);
}

}  // namespace
}  // namespace tinyforge::probe
