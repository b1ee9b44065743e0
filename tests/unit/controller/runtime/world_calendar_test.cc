#include "controller/runtime/world_calendar.h"

#include <gtest/gtest.h>

namespace tinyforge {
namespace {

TEST(WorldCalendar, ReadsTheClockOfAZoneSummerAndWinter) {
  WorldCalendar calendar;
  const auto summer = calendar.At(*ParseRfc3339("2026-07-03T22:30:00Z"), "Europe/Berlin");
  ASSERT_TRUE(summer);
  EXPECT_EQ(*summer, (v1::CivilMinute{2026, 7, 4, 0, 30, 6}));
  EXPECT_EQ(*calendar.At(*ParseRfc3339("2026-11-22T12:00:59Z"), "Europe/Berlin"),
            (v1::CivilMinute{2026, 11, 22, 13, 0, 0}));
  EXPECT_EQ(*calendar.At(*ParseRfc3339("2026-11-22T12:00:59Z"), "UTC"), (v1::CivilMinute{2026, 11, 22, 12, 0, 0}));
}

TEST(WorldCalendar, AnUnknownZoneIsSaid) {
  const auto unknown = WorldCalendar().At(SysTime{}, "Mars/Olympus");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace tinyforge
