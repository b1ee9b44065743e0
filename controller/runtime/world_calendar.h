// Wall clocks by the time zone database of this host.
#pragma once

#include "reconcilers/core/ports.h"

namespace tinyforge {

// Thread-safe. A zone is read once in the life of the process.
class WorldCalendar : public Calendar {
 public:
  Expected<v1::CivilMinute> At(SysTime time, const std::string& zone) override;
};

}  // namespace tinyforge
