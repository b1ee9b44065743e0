// What was learned, kept in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "controller/runtime/guarded.h"

namespace tinyforge::registry {

// Values by key, at most `most`; the one that was put longest ago makes room. Thread-safe.
template <class Value>
class Memo {
 public:
  explicit Memo(std::size_t most) : most_(most) {}

  std::optional<Value> Find(const std::string& key) {
    auto state = state_.Lock();
    const auto found = state->values.find(key);
    return found == state->values.end() ? std::nullopt : std::optional(found->second.second);
  }
  void Put(const std::string& key, Value value) {
    auto state = state_.Lock();
    Erase(*state, key);
    if (state->values.size() >= most_) Erase(*state, state->order.begin()->second);
    state->order.emplace(++state->last, key);
    state->values.insert_or_assign(key, std::pair(state->last, std::move(value)));
  }
  void Drop(const std::string& key) { Erase(*state_.Lock(), key); }

 private:
  struct State {
    std::map<std::string, std::pair<std::uint64_t, Value>> values;
    std::map<std::uint64_t, std::string> order;
    std::uint64_t last = 0;
  };

  // By value: the key may be one that is erased.
  static void Erase(State& state, std::string key) {
    const auto found = state.values.find(key);
    if (found == state.values.end()) return;
    state.order.erase(found->second.first);
    state.values.erase(found);
  }

  const std::size_t most_;
  Guarded<State> state_;
};

}  // namespace tinyforge::registry
