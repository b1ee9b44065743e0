// Threads that run handlers, so that none of them holds up the io thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace tinyforge::serve {

// A few pool threads over one queue, and up to a bounded number of threads that each run one task and end. The caller
// bounds the queue (a connection has one request under way). Thread-safe. Tasks must not throw.
class HandlerLanes {
 public:
  HandlerLanes(std::size_t pool_threads, std::size_t own_threads)
      : pool_limit_(pool_threads), own_limit_(own_threads) {}
  ~HandlerLanes() { Stop(); }
  HandlerLanes(const HandlerLanes&) = delete;
  HandlerLanes& operator=(const HandlerLanes&) = delete;

  // Starts the pool's threads; tasks given before wait for it.
  void Start();

  // Dropped (destroyed, not run) after Stop.
  void RunPooled(std::function<void()> task);
  // False when as many as allowed run already, or after Stop.
  bool RunOwn(std::function<void()> task);

  // Waits for tasks under way, drops queued ones. Tasks that wait for long must have been told to end before.
  void Stop();

 private:
  struct OwnThread {
    std::jthread thread;
    bool done = false;
  };

  void PoolLoop();
  void Reap();

  const std::size_t pool_limit_;
  const std::size_t own_limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::queue<std::function<void()>> queue_;
  std::list<OwnThread> own_;
  std::vector<std::jthread> pool_;
};

}  // namespace tinyforge::serve
