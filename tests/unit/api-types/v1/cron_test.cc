#include "api-types/v1/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge::v1 {
namespace {

using ::testing::HasSubstr;

bool Matches(const char* text, CivilMinute time) {
  const auto cron = Cron::Parse(text);
  EXPECT_TRUE(cron) << text;
  return cron && cron->Matches(time);
}

std::string Why(const char* text) {
  const auto cron = Cron::Parse(text);
  return cron ? "" : cron.error().message;
}

TEST(Cron, FieldsAreNumbersRangesStepsListsAndNames) {
  const CivilMinute friday = {2026, 11, 20, 22, 30, 5};
  EXPECT_TRUE(Matches("* * * * *", friday));
  EXPECT_TRUE(Matches("30 22 20 11 5", friday));
  EXPECT_TRUE(Matches("*/15 20-23 * nov fri", friday));
  EXPECT_TRUE(Matches("0,30 8-22/2 * * mon-fri", friday));
  EXPECT_TRUE(Matches("30 20/2 * * *", friday));
  EXPECT_FALSE(Matches("31 22 * * *", friday));
  EXPECT_FALSE(Matches("30 8-21 * * *", friday));
  EXPECT_FALSE(Matches("30 22 * 1-10 *", friday));
  EXPECT_FALSE(Matches("30 22 * * sat,sun", friday));
}

TEST(Cron, SundayIsZeroAndSeven) {
  const CivilMinute sunday = {2026, 11, 22, 0, 0, 0};
  EXPECT_TRUE(Matches("0 0 * * 7", sunday));
  EXPECT_TRUE(Matches("0 0 * * 0", sunday));
  EXPECT_TRUE(Matches("0 0 * * 5-7", sunday));
}

TEST(Cron, EitherKindOfDayWillDoWhereBothAreRestricted) {
  const CivilMinute friday = {2026, 11, 20, 0, 0, 5};
  EXPECT_TRUE(Matches("0 0 13 * 5", friday));
  EXPECT_TRUE(Matches("0 0 20 * 1", friday));
  EXPECT_FALSE(Matches("0 0 13 * 1", friday));
  EXPECT_FALSE(Matches("0 0 13 * *", friday));
}

TEST(Cron, NicknamesStandForFields) {
  for (const auto& [nickname, fields] :
       {std::pair("@yearly", "0 0 1 1 *"), std::pair("@annually", "0 0 1 1 *"), std::pair("@monthly", "0 0 1 * *"),
        std::pair("@weekly", "0 0 * * 0"), std::pair("@daily", "0 0 * * *"), std::pair("@midnight", "0 0 * * *"),
        std::pair("@hourly", "0 * * * *")})
    EXPECT_EQ(*Cron::Parse(nickname), *Cron::Parse(fields)) << nickname;
  EXPECT_THAT(Why("@reboot"), HasSubstr("\"@reboot\": expected five fields, or one of @yearly"));
  EXPECT_NE(Why("@"), "");
}

TEST(Cron, TheDayAloneCanBeAsked) {
  const auto cron = Cron::Parse("0 3 13 * 5");
  ASSERT_TRUE(cron);
  EXPECT_TRUE(cron->MatchesDay({2026, 11, 20, 22, 30, 5}));
  EXPECT_TRUE(cron->MatchesDay({2026, 10, 13, 0, 0, 2}));
  EXPECT_FALSE(cron->MatchesDay({2026, 11, 19, 3, 0, 4}));
  EXPECT_FALSE(Cron::Parse("0 0 13 10 *")->MatchesDay({2026, 11, 13, 0, 0, 5}));
}

TEST(Cron, WhatIsWrongIsNamedWithItsField) {
  EXPECT_THAT(Why("* * * *"), HasSubstr("five fields"));
  EXPECT_THAT(Why("* * * * * *"), HasSubstr("got 6"));
  EXPECT_THAT(Why("60 * * * *"), HasSubstr("minute \"60\": expected *, a number from 0 to 59"));
  EXPECT_THAT(Why("* 24 * * *"), HasSubstr("hour"));
  EXPECT_THAT(Why("* * 0 * *"), HasSubstr("day of month"));
  EXPECT_THAT(Why("* * * foo *"), HasSubstr("month \"foo\""));
  for (const char* text : {"5-1 * * * *", "*/0 * * * *", "1, * * * *", ",1 * * * *", "1- * * * *", "-1 * * * *",
                           "*/ * * * *", "1/2/3 * * * *", "99999999999 * * * *", "* * */2147483647 * *",
                           "1-5/2147483647 * * * *", "*/60 * * * *", "", "1--2 * * * *"})
    EXPECT_NE(Why(text), "") << text;
}

}  // namespace
}  // namespace tinyforge::v1
