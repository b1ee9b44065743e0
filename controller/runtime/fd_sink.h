// The end of the log: a file descriptor that may stop taking bytes at any time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

#include "controller/runtime/log.h"

namespace tinyforge {

// Writes finished lines. WriteLine runs on the one thread of the log and may block there; Finish bounds that.
class FdSink {
 public:
  // `overrun` says how many lines the queue has dropped so far.
  FdSink(int fd, LogFormat format, std::function<std::size_t()> overrun);
  ~FdSink();
  FdSink(const FdSink&) = delete;
  FdSink& operator=(const FdSink&) = delete;

  void WriteLine(std::string_view line);

  // From any thread: what is not written within `grace` is dropped.
  void Finish(std::chrono::milliseconds grace);
  // Lines dropped by the sink itself: the descriptor failed or time was up.
  std::size_t dropped() const { return dropped_; }

 private:
  bool WaitWritable();
  bool Write(std::string_view bytes);
  void ReportDropped();

  const int fd_;
  const LogFormat format_;
  const std::function<std::size_t()> overrun_;
  const int finish_event_;
  std::atomic<std::chrono::steady_clock::rep> deadline_ = 0;  // 0: none
  std::atomic<std::size_t> dropped_ = 0;
  std::size_t reported_ = 0;  // of dropped lines; the log's thread only
};

}  // namespace tinyforge
