// Stops containers beside the workers: a stop lasts as long as the container's grace period.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "controller/runtime/log.h"

namespace tinyforge::docker {

// Thread-safe. Threads are made when a stop finds none free, up to `max_threads`; more stops wait their turn.
class StopPool {
 public:
  // Stops it and says what to do when that has ended and the container may be stopped anew; may be nothing.
  using WhenEnded = std::function<void()>;
  using StopContainer = std::function<WhenEnded(const std::string& container, const std::stop_token&)>;

  // What stop_container throws is logged; the stop has ended then. The logger outlives the pool.
  StopPool(std::size_t max_threads, Logger& log, StopContainer stop_container);
  ~StopPool() { Abort(); }
  StopPool(const StopPool&) = delete;
  StopPool& operator=(const StopPool&) = delete;

  // False when a stop of this container is under way or waits already: it is not doubled.
  bool Begin(std::string_view container);
  // Aborts what is under way, drops what waits and takes nothing more.
  void Abort();
  std::size_t under_way() const;

 private:
  void Work(const std::stop_token& stop);

  const std::size_t max_threads_;
  Logger& log_;
  const StopContainer stop_container_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::string> waiting_;                // guarded by mutex_, as all below
  std::set<std::string, std::less<>> containers_;  // waiting or under way
  std::size_t idle_ = 0;
  bool aborted_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace tinyforge::docker
