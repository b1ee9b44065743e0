// How often each of very many keys may do something, in memory of a fixed size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "api-types/meta/time.h"

namespace tinyforge::serve {

struct Rate {
  double per_second = 0;  // in the long run; 0: no limit
  double burst = 1;       // and so many at once
};

// A token bucket a key, kept in a sketch: each key has one cell in each of four rows, and the cell that says least
// holds for it. No key is ever forgotten to make room, so that a flood of others cannot wash out what one has spent;
// and two keys that meet in one row hardly do in all. `key` is a hash that callers cannot choose (KeyedHash). Not
// thread-safe.
class RateLimiter {
 public:
  // 4 * `cells` * 8 bytes; `cells` is a power of two.
  RateLimiter(Rate rate, std::size_t cells);

  // Whether one more fits; it is not counted.
  bool Fits(std::uint64_t key, SteadyTime now) const { return Wait(key, now) == std::chrono::nanoseconds(0); }
  // Counts one more, whether or not it fits. Who goes on beyond that owes one token at most: the wait is never longer
  // than that for two.
  void Count(std::uint64_t key, SteadyTime now);
  // True: one more fitted, and was counted.
  bool Take(std::uint64_t key, SteadyTime now);
  // How long until one more fits; 0: it does.
  std::chrono::nanoseconds Wait(std::uint64_t key, SteadyTime now) const;

 private:
  static constexpr std::size_t kRows = 4;

  std::size_t Cell(std::size_t row, std::uint64_t key) const;
  // When the bucket of `key` is full again.
  std::int64_t FullAt(std::uint64_t key) const;

  const std::int64_t interval_;  // ns that one token takes to come back; 0: no limit
  const std::int64_t burst_;     // ns for a whole bucket
  const std::size_t cells_;
  std::vector<std::int64_t> table_;  // by row: ns of the steady clock when the bucket is full again
};

}  // namespace tinyforge::serve
