// A value that one thread changes and a test waits for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace tinyforge {

inline constexpr auto kAwaitedSoon = std::chrono::seconds(20);

// Thread-safe.
template <class T>
class Awaited {
 public:
  template <class Change>
  void Do(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(value_);
    changed_.notify_all();  // with the lock held: who waits may end this right after
  }
  // Whether `holds` does before kAwaitedSoon has passed.
  template <class Condition>
  bool Until(Condition&& holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kAwaitedSoon, [&] { return holds(value_); });
  }
  T Get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  T value_{};
};

}  // namespace tinyforge
