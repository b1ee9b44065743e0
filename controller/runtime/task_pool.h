// Threads that lend a hand to whoever has several things to do at once.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "reconcilers/core/task_runner.h"

namespace tinyforge {

// Who calls Run works at its tasks itself, so that nobody waits for helpers that are busy elsewhere. Tasks are begun in
// their order. No Run may be under way when it is destroyed.
class TaskPool : public TaskRunner {
 public:
  // threads: that work at one Run at most, the caller's included; 0 for as many as the machine has cores.
  explicit TaskPool(unsigned threads);

  void Run(const std::vector<Task>& tasks) override;

 private:
  struct Batch {
    const std::vector<Task>& tasks;
    std::size_t begun = 0;
    std::size_t ended = 0;
    std::exception_ptr thrown{};
    std::condition_variable all_ended{};
  };
  void Help(const std::stop_token& stop);
  void RunNext(Batch& batch, std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;  // of the batches and what they count
  std::condition_variable_any wake_;
  std::deque<Batch*> open_;  // with tasks that are not begun
  std::vector<std::jthread> helpers_;
};

}  // namespace tinyforge
