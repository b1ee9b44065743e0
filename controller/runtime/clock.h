// Time as an argument: whatever decides by time takes a Clock, so that a test can move it.
#pragma once

#include <chrono>

#include "api-types/meta/time.h"

namespace tinyforge {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // For waits, timers and measured durations. Never goes back.
  virtual SteadyTime Now() const = 0;
  // For statuses, events and logs only.
  virtual SysTime SystemNow() const = 0;
};

class RealClock final : public Clock {
 public:
  SteadyTime Now() const override { return std::chrono::steady_clock::now(); }
  SysTime SystemNow() const override {
    return std::chrono::time_point_cast<SysTime::duration>(std::chrono::system_clock::now());
  }
};

}  // namespace tinyforge
