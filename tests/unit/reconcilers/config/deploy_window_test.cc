#include "reconcilers/config/deploy_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// UTC and a zone two hours ahead.
class TwoZones : public Calendar {
 public:
  Expected<v1::CivilMinute> At(SysTime time, const std::string& zone) override {
    if (zone != "UTC" && zone != "Two/Ahead") return Error{ErrorKind::NotFound, "unknown time zone " + zone};
    if (zone != "UTC") time += hours(2);
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(days);
    const auto in_day = std::chrono::floor<minutes>(time - days).count();
    return v1::CivilMinute{int(date.year()),          int(unsigned(date.month())),
                           int(unsigned(date.day())), int(in_day / 60),
                           int(in_day % 60),          int(std::chrono::weekday(days).c_encoding())};
  }
};

class Windows : public ::testing::Test {
 protected:
  WindowState Look(const std::vector<v1::DeployWindow>& windows, SysTime at) {
    auto state = LookAtWindows(windows, at, calendar);
    EXPECT_TRUE(state);
    return state ? *state : WindowState{};
  }
  // Friday, 2026-11-20 00:00 UTC.
  const SysTime friday = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20);
  TwoZones calendar;
};

TEST_F(Windows, NoneIsAlwaysOpen) {
  EXPECT_TRUE(Look({}, friday).open);
}

TEST_F(Windows, IsOpenFromItsTimeForItsDuration) {
  const std::vector<v1::DeployWindow> night = {{"0 22 * * *", hours(4), "UTC"}};
  EXPECT_FALSE(Look(night, friday + hours(22) - std::chrono::milliseconds(1)).open);
  EXPECT_TRUE(Look(night, friday + hours(22)).open);
  EXPECT_TRUE(Look(night, friday + hours(26) - std::chrono::milliseconds(1)).open);
  EXPECT_FALSE(Look(night, friday + hours(26)).open);
  EXPECT_EQ(Look(night, friday + hours(12)).opens, friday + hours(22));
  EXPECT_EQ(Look(night, friday + hours(2)).opens, friday + hours(22));
}

TEST_F(Windows, TheFirstToOpenIsSaidAndEachHasItsZone) {
  const std::vector<v1::DeployWindow> two = {{"0 20 * * *", hours(1), "UTC"}, {"0 20 * * *", hours(1), "Two/Ahead"}};
  EXPECT_EQ(Look(two, friday + hours(12)).opens, friday + hours(18));
  EXPECT_TRUE(Look(two, friday + hours(18)).open);
}

TEST_F(Windows, WhatOpensInManyDaysHasNoTimeYet) {
  EXPECT_FALSE(Look({{"0 0 1 1 *", hours(1), "UTC"}}, friday).opens);
}

TEST_F(Windows, AnUnknownZoneIsForAPersonToMend) {
  auto state = LookAtWindows({{"0 0 * * *", hours(1), "Mars/Olympus"}}, friday, calendar);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().kind, ErrorKind::Terminal);
  EXPECT_THAT(state.error().message, ::testing::HasSubstr("unknown time zone Mars/Olympus"));
}

}  // namespace
}  // namespace tinyforge
