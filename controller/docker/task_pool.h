// Runs what lasts with containers, as their stops and the commands in them, beside the workers.
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

// Thread-safe. Threads are made when a task finds none free, up to `max_threads`; more tasks wait their turn.
class TaskPool {
 public:
  // Does it and says what to do when that has ended and another may begin for the container; may be nothing.
  using WhenEnded = std::function<void()>;
  using Task = std::function<WhenEnded(const std::string& container, const std::stop_token&)>;

  // What the task throws is logged under `name`; it has ended then. The logger outlives the pool.
  struct Options {
    std::size_t max_threads = 16;
    const char* name = "";
  };
  TaskPool(Options options, Logger& log, Task task);
  ~TaskPool() { Abort(); }
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  // False when one of this container is under way or waits already: it is not doubled.
  bool Begin(std::string_view container);
  bool Has(std::string_view container) const;
  // Aborts what is under way, drops what waits and takes nothing more.
  void Abort();
  std::size_t under_way() const;

 private:
  void Work(const std::stop_token& stop);

  const Options options_;
  Logger& log_;
  const Task task_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::string> waiting_;                // guarded by mutex_, as all below
  std::set<std::string, std::less<>> containers_;  // waiting or under way
  std::size_t idle_ = 0;
  bool aborted_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace tinyforge::docker
