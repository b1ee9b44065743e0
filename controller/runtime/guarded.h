// Data that can be reached only through its lock.
#pragma once

#include <mutex>
#include <utility>

namespace tinyforge {

// Owns a T and the mutex that guards it. Lock() gives access for as long as the returned handle lives; Wait-style use
// takes the std::unique_lock from the handle.
template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  class Handle {
   public:
    T& operator*() const { return *value_; }
    T* operator->() const { return value_; }
    std::unique_lock<std::mutex>& lock() { return lock_; }

   private:
    friend class Guarded;
    Handle(std::mutex& mutex, T& value) : lock_(mutex), value_(&value) {}
    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  [[nodiscard]] Handle Lock() { return Handle(mutex_, value_); }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace tinyforge
