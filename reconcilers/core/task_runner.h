// Runs what is independent of one another at the same time.
#pragma once

#include <functional>
#include <vector>

namespace tinyforge {

class TaskRunner {
 public:
  using Task = std::function<void()>;

  virtual ~TaskRunner() = default;
  // Runs all of them, in any order and on any threads, and returns when the last one has ended. What a task throws
  // comes out of here then; of several the first. Thread-safe; tasks may not call it.
  virtual void Run(const std::vector<Task>& tasks) = 0;
};

}  // namespace tinyforge
