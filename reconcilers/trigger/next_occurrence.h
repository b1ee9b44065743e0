// When a schedule comes next.
#pragma once

#include <optional>
#include <string>

#include "reconcilers/core/ports.h"

namespace tinyforge {

// The first time after `after` at which `cron`, read in `time_zone`, comes, to the minute. Each local time comes once:
// - one that the zone skips (clocks go forward) comes at the first minute after the gap, so that a nightly job of 02:30
//   runs in that night too;
// - one that the zone repeats (clocks go back) comes the first time only, also for what runs every few minutes.
// Empty: it never comes (30 February). Invalid for a cron that cannot be read; Terminal for a zone that this host does
// not know. Asks the calendar some thousand times at most, however far away the answer is.
Expected<std::optional<SysTime>> NextOccurrence(const std::string& cron, const std::string& time_zone, SysTime after,
                                                Calendar& calendar);

// Whether some date has this day at all.
bool EverComes(const v1::Cron& cron);

}  // namespace tinyforge
