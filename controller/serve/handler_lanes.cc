#include "controller/serve/handler_lanes.h"

#include <algorithm>
#include <utility>

namespace tinyforge::serve {

void HandlerLanes::Start() {
  for (std::size_t i = 0; i < pool_limit_; ++i) pool_.emplace_back([this] { PoolLoop(); });
}

void HandlerLanes::RunPooled(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    queue_.push(std::move(task));
  }
  wake_.notify_one();
}

bool HandlerLanes::RunOwn(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  Reap();
  if (stopping_ || own_.size() >= own_limit_) return false;
  OwnThread& slot = own_.emplace_back();
  slot.thread = std::jthread([this, &slot, run = std::move(task)]() mutable {
    run();
    run = nullptr;
    const std::lock_guard done_lock(mutex_);
    slot.done = true;
  });
  return true;
}

void HandlerLanes::Reap() {
  own_.remove_if([](const OwnThread& slot) { return slot.done; });
}

void HandlerLanes::Stop() {
  std::queue<std::function<void()>> dropped;
  std::list<OwnThread> own;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    std::swap(dropped, queue_);
    own.splice(own.end(), own_);
  }
  wake_.notify_all();
  pool_.clear();
}

void HandlerLanes::PoolLoop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    auto task = std::move(queue_.front());
    queue_.pop();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace tinyforge::serve
