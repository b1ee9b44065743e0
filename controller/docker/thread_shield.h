// Keeps a thread alive: what a round of its loop throws is logged, and the thread goes on after a second.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <string_view>

#include "api-types/meta/time.h"
#include "controller/runtime/log.h"

namespace tinyforge::docker {

// Returns after `delay` or when a stop is requested.
void Pause(Duration delay, const std::stop_token& stop);

// Logs the exception being handled, which ended a round of `thread`; never throws. To be called in a catch block.
void LogException(Logger& log, std::string_view thread) noexcept;

// Runs `round`; after an exception it is logged and a second passes. False when there was one.
template <typename Round>
bool Shielded(Logger& log, std::string_view thread, const std::stop_token& stop, Round&& round) {
  try {
    round();
    return true;
  } catch (...) {
    LogException(log, thread);
  }
  Pause(std::chrono::seconds(1), stop);
  return false;
}

}  // namespace tinyforge::docker
