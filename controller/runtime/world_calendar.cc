#include "controller/runtime/world_calendar.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

namespace tinyforge {

Expected<v1::CivilMinute> WorldCalendar::At(SysTime time, const std::string& zone) {
  cctz::time_zone known;
  if (!cctz::load_time_zone(zone, &known))
    return Error{ErrorKind::NotFound, "this host does not know the time zone \"" + zone + "\""};
  const cctz::civil_second local = cctz::convert(std::chrono::floor<std::chrono::seconds>(time), known);
  // cctz counts from Monday.
  const int weekday = (static_cast<int>(cctz::get_weekday(cctz::civil_day(local))) + 1) % 7;
  return v1::CivilMinute{
      static_cast<int>(local.year()), local.month(), local.day(), local.hour(), local.minute(), weekday};
}

}  // namespace tinyforge
