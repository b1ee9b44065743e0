// How long to wait before the next try.
#pragma once

#include <algorithm>
#include <cstdint>

#include "api-types/meta/time.h"

namespace tinyforge {

// Doubles from `base` up to `cap`, then spreads by up to `jitter` of the delay to either side (never above `cap`), so
// that what failed together does not come back together.
struct Backoff {
  Duration base;
  Duration cap;
  double jitter = 0.2;

  // attempt: 0 for the first failure. random: uniform in [0, 1).
  Duration Delay(int attempt, double random) const {
    const Duration plain = attempt >= 30 ? cap : std::min(cap, base * (std::int64_t{1} << attempt));
    const double factor = 1.0 + jitter * (2.0 * random - 1.0);
    const auto spread = static_cast<Duration::rep>(static_cast<double>(plain.count()) * factor);
    return std::min(cap, Duration(spread));
  }
};

}  // namespace tinyforge
