#include "reconcilers/trigger/next_occurrence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// Zones by their changes of 2026: Berlin goes from 02:00 to 03:00 on 29 March and from 03:00 back to 02:00 on 25
// October; Lord Howe shifts by half an hour; one loses a whole day, as Samoa did.
class Zones : public Calendar {
 public:
  Expected<v1::CivilMinute> At(SysTime time, const std::string& zone) override {
    ++asked;
    if (zone == "Berlin") {
      time += Between(time, Utc(3, 29, 1), Utc(10, 25, 1)) ? hours(2) : hours(1);
    } else if (zone == "Lord_Howe") {
      time += Between(time, Utc(4, 4, 15), Utc(10, 3, 15) + minutes(30)) ? minutes(630) : minutes(660);
    } else if (zone == "Samoa") {
      time += time < Utc(12, 30, 10) ? hours(-10) : hours(14);
    } else if (zone != "UTC") {
      return Error{ErrorKind::NotFound, "this host does not know the time zone \"" + zone + "\""};
    }
    return Civil(time);
  }

  static SysTime Utc(unsigned month, unsigned day, int hour = 0, int minute = 0) {
    const auto date = std::chrono::year(2026) / std::chrono::month(month) / std::chrono::day(day);
    return SysTime(std::chrono::sys_days(date) + hours(hour) + minutes(minute));
  }

  int asked = 0;

 private:
  static bool Between(SysTime time, SysTime from, SysTime to) { return from <= time && time < to; }

  static v1::CivilMinute Civil(SysTime time) {
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date(day);
    const auto in_day = static_cast<int>(std::chrono::floor<minutes>(time - day).count());
    return {int(date.year()),
            int(unsigned(date.month())),
            int(unsigned(date.day())),
            in_day / 60,
            in_day % 60,
            int(std::chrono::weekday(day).c_encoding())};
  }
};

class NextOccurrenceTest : public ::testing::Test {
 protected:
  // The first `count` times after `after`, as RFC 3339 without seconds.
  std::vector<std::string> Next(const std::string& cron, const std::string& zone, SysTime after, int count = 1) {
    std::vector<std::string> times;
    while (count-- > 0) {
      const auto next = NextOccurrence(cron, zone, after, zones);
      EXPECT_TRUE(next) << (next ? "" : next.error().message);
      if (!next || !*next) break;
      after = **next;
      times.push_back(FormatRfc3339(after).substr(0, 16));
    }
    return times;
  }
  Zones zones;
};

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(NextOccurrenceTest, IsStrictlyLater) {
  EXPECT_THAT(Next("0 3 * * *", "UTC", Zones::Utc(11, 20, 2)), ElementsAre("2026-11-20T03:00"));
  EXPECT_THAT(Next("0 3 * * *", "UTC", Zones::Utc(11, 20, 3)), ElementsAre("2026-11-21T03:00"));
  EXPECT_THAT(Next("0 3 * * *", "UTC", Zones::Utc(11, 20, 3) - std::chrono::milliseconds(1)),
              ElementsAre("2026-11-20T03:00"));
  EXPECT_THAT(Next("0 3 * * *", "UTC", Zones::Utc(11, 20, 3) + std::chrono::milliseconds(1)),
              ElementsAre("2026-11-21T03:00"));
  EXPECT_THAT(Next("*/20 * * * *", "UTC", Zones::Utc(11, 20, 23, 30), 3),
              ElementsAre("2026-11-20T23:40", "2026-11-21T00:00", "2026-11-21T00:20"));
}

TEST_F(NextOccurrenceTest, IsReadInItsZone) {
  EXPECT_THAT(Next("0 3 * * 1-5", "Berlin", Zones::Utc(11, 20, 12), 2),
              ElementsAre("2026-11-23T02:00", "2026-11-24T02:00"));
  EXPECT_THAT(Next("0 3 * * *", "Berlin", Zones::Utc(7, 1)), ElementsAre("2026-07-01T01:00"));
  EXPECT_THAT(Next("@daily", "Berlin", Zones::Utc(11, 20, 12)), ElementsAre("2026-11-20T23:00"));
}

TEST_F(NextOccurrenceTest, ASkippedTimeComesOnceRightAfterTheGap) {
  EXPECT_THAT(Next("30 2 * * *", "Berlin", Zones::Utc(3, 28), 3),
              ElementsAre("2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"));
  // Two skipped times fall together.
  EXPECT_THAT(Next("15,45 2 * * *", "Berlin", Zones::Utc(3, 29), 2),
              ElementsAre("2026-03-29T01:00", "2026-03-30T00:15"));
  // 03:00 comes after the gap itself: once.
  EXPECT_THAT(Next("0 2,3 * * *", "Berlin", Zones::Utc(3, 29), 2), ElementsAre("2026-03-29T01:00", "2026-03-30T00:00"));
  EXPECT_THAT(Next("5 3 * * *", "Berlin", Zones::Utc(3, 29), 1), ElementsAre("2026-03-29T01:05"));
  EXPECT_THAT(Next("15 2 * * *", "Lord_Howe", Zones::Utc(10, 3), 1), ElementsAre("2026-10-03T15:30"));
}

TEST_F(NextOccurrenceTest, ADoubledTimeComesOnce) {
  EXPECT_THAT(Next("30 2 * * *", "Berlin", Zones::Utc(10, 25), 2), ElementsAre("2026-10-25T00:30", "2026-10-26T01:30"));
  EXPECT_THAT(Next("0 * * * *", "Berlin", Zones::Utc(10, 24, 23, 30), 3),
              ElementsAre("2026-10-25T00:00", "2026-10-25T02:00", "2026-10-25T03:00"));
  // Asked from within the repetition, and right before it.
  EXPECT_THAT(Next("30 2 * * *", "Berlin", Zones::Utc(10, 25, 1, 10)), ElementsAre("2026-10-26T01:30"));
  EXPECT_THAT(Next("30 2 * * *", "Berlin", Zones::Utc(10, 25, 0, 59)), ElementsAre("2026-10-26T01:30"));
  EXPECT_THAT(Next("45 1 * * *", "Lord_Howe", Zones::Utc(4, 4, 14), 2),
              ElementsAre("2026-04-04T14:45", "2026-04-05T15:15"));
}

TEST_F(NextOccurrenceTest, ASkippedDayComesAtTheFirstMinuteAfterIt) {
  EXPECT_THAT(Next("0 12 30 12 *", "Samoa", Zones::Utc(12, 29)), ElementsAre("2026-12-30T10:00"));
}

TEST_F(NextOccurrenceTest, WhatIsFarAwayIsFoundWithoutWalkingThere) {
  EXPECT_THAT(Next("0 0 29 2 *", "UTC", Zones::Utc(3, 1)), ElementsAre("2028-02-29T00:00"));
  EXPECT_THAT(Next("@yearly", "Berlin", Zones::Utc(1, 5)), ElementsAre("2026-12-31T23:00"));
  EXPECT_THAT(Next("0 0 29 2 */7", "UTC", Zones::Utc(3, 1)), ElementsAre("2032-02-29T00:00"));
  EXPECT_LT(zones.asked, 20'000);
}

TEST_F(NextOccurrenceTest, WhatHasNoDateNeverComes) {
  EXPECT_THAT(Next("0 0 30 2 *", "UTC", Zones::Utc(1, 1)), IsEmpty());
  EXPECT_FALSE(EverComes(*v1::Cron::Parse("0 0 31 4,6 *")));
  EXPECT_TRUE(EverComes(*v1::Cron::Parse("0 0 29 2 */7")));
  EXPECT_TRUE(EverComes(*v1::Cron::Parse("0 0 30 2 1")));  // Mondays of February
}

TEST_F(NextOccurrenceTest, WhatCannotBeReadIsAnError) {
  const auto zone = NextOccurrence("@daily", "Mars/Base", Zones::Utc(1, 1), zones);
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().kind, ErrorKind::Terminal);
  EXPECT_THAT(zone.error().message, HasSubstr("Mars/Base"));
  const auto cron = NextOccurrence("61 * * * *", "UTC", Zones::Utc(1, 1), zones);
  ASSERT_FALSE(cron);
  EXPECT_EQ(cron.error().kind, ErrorKind::Invalid);
}

// Each local day has its nightly run, exactly once, all year, by zone.
TEST_F(NextOccurrenceTest, EveryLocalDayHasItsRun) {
  for (const char* zone : {"UTC", "Berlin", "Lord_Howe"}) {
    SysTime at = Zones::Utc(1, 10);
    int last_day = 0;
    for (int runs = 0; runs < 340; ++runs) {
      const auto next = NextOccurrence("10 2 * * *", zone, at, zones);
      ASSERT_TRUE(next && *next) << zone;
      EXPECT_GT(**next, at);
      at = **next;
      const auto local = zones.At(at, zone);
      if (last_day != 0) {
        EXPECT_TRUE(local->day == last_day + 1 || local->day == 1) << zone << " " << FormatRfc3339(at);
      }
      last_day = local->day;
    }
  }
}

}  // namespace
}  // namespace tinyforge
