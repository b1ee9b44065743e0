// Runs tasks in their order on the caller's thread, as fakes need it that are not thread-safe.
#pragma once

#include "reconcilers/core/task_runner.h"

namespace tinyforge {

class OneByOne : public TaskRunner {
 public:
  void Run(const std::vector<Task>& tasks) override {
    for (const Task& task : tasks) task();
  }
};

}  // namespace tinyforge
