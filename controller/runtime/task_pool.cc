#include "controller/runtime/task_pool.h"

#include <algorithm>

namespace tinyforge {

TaskPool::TaskPool(unsigned threads) {
  const unsigned count = threads > 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
  helpers_.reserve(count - 1);
  for (unsigned i = 1; i < count; ++i) helpers_.emplace_back([this](const std::stop_token& stop) { Help(stop); });
}

void TaskPool::Run(const std::vector<Task>& tasks) {
  if (tasks.empty()) return;
  Batch batch{.tasks = tasks};
  std::unique_lock lock(mutex_);
  open_.push_back(&batch);
  if (tasks.size() > 1) wake_.notify_all();
  while (batch.begun < tasks.size()) RunNext(batch, lock);
  batch.all_ended.wait(lock, [&] { return batch.ended == tasks.size(); });
  if (batch.thrown) std::rethrow_exception(batch.thrown);
}

void TaskPool::Help(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return !open_.empty(); })) RunNext(*open_.front(), lock);
}

// The batch may be gone afterwards, unless it is the caller's own.
void TaskPool::RunNext(Batch& batch, std::unique_lock<std::mutex>& lock) {
  const Task& task = batch.tasks[batch.begun++];
  if (batch.begun == batch.tasks.size()) std::erase(open_, &batch);
  lock.unlock();
  std::exception_ptr thrown;
  try {
    task();
  } catch (...) {
    thrown = std::current_exception();
  }
  lock.lock();
  if (thrown && !batch.thrown) batch.thrown = thrown;
  if (++batch.ended == batch.tasks.size()) batch.all_ended.notify_one();
}

}  // namespace tinyforge
