// Writes deliveries to the log, many at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "controller/runtime/log.h"
#include "controller/trigger/delivery_desk.h"

namespace tinyforge {

// Thread-safe.
class DeliveryClerk {
 public:
  // Both on the clerk's thread.
  struct Hooks {
    std::function<bool()> may_resume;  // asked again after each Wake until it holds
    // Takes up what an earlier process left; once. False: it could not be read, and is to be asked for again.
    std::function<bool()> resume;
  };

  DeliveryClerk(DeliveryDesk& desk, Logger& logger, Hooks hooks);
  ~DeliveryClerk();  // Stop
  DeliveryClerk(const DeliveryClerk&) = delete;
  DeliveryClerk& operator=(const DeliveryClerk&) = delete;

  void Start();
  // Writes what is left. Idempotent.
  void Stop();
  // The desk may have news.
  void Wake();
  // Writes now, on the caller's thread.
  Expected<void> Flush();

 private:
  bool Resume();
  void Work(std::stop_token stop);

  DeliveryDesk& desk_;
  Logger& logger_;
  const Hooks hooks_;
  std::mutex flushing_;
  std::condition_variable_any news_;
  std::condition_variable_any crowd_;  // so that what comes one by one does not wake the clerk each time
  std::mutex news_mutex_;
  std::jthread thread_;
};

}  // namespace tinyforge
