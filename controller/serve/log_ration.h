// Lets a few lines of one kind into the log each second, and counts the others. Internal to controller/serve.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "api-types/meta/time.h"
#include "controller/runtime/guarded.h"

namespace tinyforge::serve {

// Thread-safe.
class LogRation {
 public:
  explicit LogRation(std::size_t per_second) : per_second_(per_second) {}

  // Empty: the line is left out. Else how many were since the last that was not.
  std::optional<std::size_t> Ask(SteadyTime now) {
    auto state = state_.Lock();
    if (now - state->since >= std::chrono::seconds(1)) state->since = now, state->given = 0;
    if (state->given >= per_second_) {
      ++state->left_out;
      return std::nullopt;
    }
    ++state->given;
    return std::exchange(state->left_out, 0);
  }

 private:
  struct State {
    SteadyTime since{};
    std::size_t given = 0;
    std::size_t left_out = 0;
  };

  const std::size_t per_second_;
  Guarded<State> state_;
};

}  // namespace tinyforge::serve
