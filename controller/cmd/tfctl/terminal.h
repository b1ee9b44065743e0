// Where a command writes, and what it may assume about it.
#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <stop_token>

#include "api-types/meta/time.h"

namespace tinyforge::tfctl {

struct Terminal {
  std::ostream& out;
  std::ostream& err;
  bool colour = false;    // only with a terminal behind `out`
  std::size_t width = 0;  // columns; 0: not a terminal, nothing is cut
  std::function<SysTime()> now = [] {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  };
  std::stop_token stop{};  // ends watching and following
};

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

}  // namespace tinyforge::tfctl
