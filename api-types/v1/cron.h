// Times given as in crontab(5): minute, hour, day of month, month, day of week.
#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include "api-types/meta/error.h"

namespace tinyforge::v1 {

// A minute of a wall clock somewhere.
struct CivilMinute {
  int year = 1970;
  int month = 1;    // 1 to 12
  int day = 1;      // 1 to 31
  int hour = 0;     // 0 to 23
  int minute = 0;   // 0 to 59
  int weekday = 4;  // 0 is Sunday
  bool operator==(const CivilMinute&) const = default;
};

class Cron {
 public:
  // Fields are "*", numbers, ranges "1-5", steps "*/15" and "8-18/2", and lists of them by commas; months and days of
  // the week by their first three letters too; 7 is Sunday. @yearly, @annually, @monthly, @weekly, @daily, @midnight
  // and @hourly stand for the five. Invalid: which field, and what it may be.
  static Expected<Cron> Parse(std::string_view text);

  // As in crontab(5): where both day of month and day of week are restricted, either one will do.
  bool Matches(const CivilMinute& time) const;
  // The same of the date alone: whether some minute of that day may match.
  bool MatchesDay(const CivilMinute& time) const;

  bool operator==(const Cron&) const = default;

 private:
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
  bool any_day_ = false;
  bool any_weekday_ = false;
};

}  // namespace tinyforge::v1
