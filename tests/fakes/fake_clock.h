// A clock that stands still until it is told to move.
#pragma once

#include <atomic>

#include "controller/runtime/clock.h"

namespace tinyforge {

// Thread-safe. Starts at 2026-01-01T00:00:00Z and an hour on the steady clock. Who waits on a condition variable is not
// woken by Advance: use it with TryGet and RunOnce, not with a blocking Get.
class FakeClock final : public Clock {
 public:
  SteadyTime Now() const override { return SteadyTime(std::chrono::hours(1)) + elapsed(); }
  SysTime SystemNow() const override {
    return SysTime(std::chrono::seconds(1767225600)) + std::chrono::duration_cast<SysTime::duration>(elapsed());
  }
  void Advance(std::chrono::nanoseconds by) { elapsed_ += by.count(); }

 private:
  std::chrono::nanoseconds elapsed() const { return std::chrono::nanoseconds(elapsed_.load()); }

  std::atomic<std::chrono::nanoseconds::rep> elapsed_ = 0;
};

}  // namespace tinyforge
