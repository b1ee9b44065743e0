#include "controller/docker/task_pool.h"

#include "controller/docker/thread_shield.h"

namespace tinyforge::docker {

TaskPool::TaskPool(Options options, Logger& log, Task task) : options_(options), log_(log), task_(std::move(task)) {}

void TaskPool::Abort() {
  std::vector<std::jthread> threads;
  {
    std::lock_guard lock(mutex_);
    aborted_ = true;
    threads.swap(threads_);
  }
  for (auto& thread : threads) thread.request_stop();
}

bool TaskPool::Begin(std::string_view container) {
  std::lock_guard lock(mutex_);
  if (aborted_ || !containers_.emplace(container).second) return false;
  waiting_.emplace_back(container);
  if (idle_ < waiting_.size() && threads_.size() < options_.max_threads) {
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
  wake_.notify_one();
  return true;
}

bool TaskPool::Has(std::string_view container) const {
  std::lock_guard lock(mutex_);
  return containers_.contains(container);
}

std::size_t TaskPool::under_way() const {
  std::lock_guard lock(mutex_);
  return containers_.size();
}

void TaskPool::Work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    bool found = wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
    --idle_;
    if (!found || stop.stop_requested()) return;
    auto container = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    WhenEnded when_ended;
    Shielded(log_, options_.name, stop, [&] { when_ended = task_(container, stop); });
    lock.lock();
    containers_.erase(container);
    if (!when_ended || stop.stop_requested()) continue;
    lock.unlock();
    Shielded(log_, options_.name, stop, when_ended);
    lock.lock();
  }
}

}  // namespace tinyforge::docker
