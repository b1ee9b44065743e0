#include "controller/serve/rate_limiter.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace tinyforge::serve {
namespace {

std::int64_t Nanoseconds(SteadyTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

RateLimiter::RateLimiter(Rate rate, std::size_t cells)
    : interval_(rate.per_second > 0 ? static_cast<std::int64_t>(1e9 / rate.per_second) : 0),
      burst_(rate.per_second > 0 ? static_cast<std::int64_t>(1e9 / rate.per_second * std::max(rate.burst, 1.0)) : 0),
      cells_(cells),
      table_(interval_ > 0 ? kRows * cells : 0) {}

// A piece of the hash of its own for each row.
std::size_t RateLimiter::Cell(std::size_t row, std::uint64_t key) const {
  const std::uint64_t piece = std::rotr(key, static_cast<int>(16 * row));
  return row * cells_ + (static_cast<std::size_t>(piece) & (cells_ - 1));
}

std::int64_t RateLimiter::FullAt(std::uint64_t key) const {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (std::size_t row = 0; row < kRows; ++row) least = std::min(least, table_[Cell(row, key)]);
  return least;
}

std::chrono::nanoseconds RateLimiter::Wait(std::uint64_t key, SteadyTime now) const {
  if (interval_ == 0) return {};
  const std::int64_t time = Nanoseconds(now);
  const std::int64_t with_one_more = std::max(FullAt(key), time) + interval_;
  return std::chrono::nanoseconds(std::max<std::int64_t>(with_one_more - time - burst_, 0));
}

void RateLimiter::Count(std::uint64_t key, SteadyTime now) {
  if (interval_ == 0) return;
  const std::int64_t time = Nanoseconds(now);
  const std::int64_t full_at = std::min(std::max(FullAt(key), time), time + burst_) + interval_;
  for (std::size_t row = 0; row < kRows; ++row) {
    std::int64_t& cell = table_[Cell(row, key)];
    cell = std::max(cell, full_at);
  }
}

bool RateLimiter::Take(std::uint64_t key, SteadyTime now) {
  if (!Fits(key, now)) return false;
  Count(key, now);
  return true;
}

}  // namespace tinyforge::serve
