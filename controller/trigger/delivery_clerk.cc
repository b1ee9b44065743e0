#include "controller/trigger/delivery_clerk.h"

#include <exception>
#include <string>
#include <utility>

namespace tinyforge {
namespace {

constexpr auto kFlushDelay = std::chrono::milliseconds(100);
constexpr auto kResumeAgain = std::chrono::seconds(2);

}  // namespace

DeliveryClerk::DeliveryClerk(DeliveryDesk& desk, Logger& logger, Hooks hooks)
    : desk_(desk), logger_(logger), hooks_(std::move(hooks)) {}

DeliveryClerk::~DeliveryClerk() {
  Stop();
}

void DeliveryClerk::Start() {
  thread_ = std::jthread([this](std::stop_token stop) { Work(stop); });
}

void DeliveryClerk::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  (void)Flush();
}

Expected<void> DeliveryClerk::Flush() {
  const std::lock_guard one_at_a_time(flushing_);
  return desk_.Flush();
}

// What it fails at is not tried again: it would fail once more.
bool DeliveryClerk::Resume() {
  std::string failure;
  try {
    return hooks_.resume();
  } catch (const std::exception& exception) {
    failure = exception.what();
  } catch (...) {
    failure = "an unknown exception";
  }
  logger_.Warn("the controller failed at deliveries that were not finished", {{"error", failure}});
  return true;
}

void DeliveryClerk::Work(std::stop_token stop) {
  bool resumed = false;
  while (!stop.stop_requested()) {
    const bool tries = !resumed && hooks_.may_resume();
    if (tries) resumed = Resume();
    std::unique_lock lock(news_mutex_);
    news_.wait(lock, stop, [&] { return desk_.HasNews() || (!resumed && hooks_.may_resume()); });
    crowd_.wait_for(lock, stop, tries && !resumed ? kResumeAgain : kFlushDelay, [this] { return desk_.IsCrowded(); });
    lock.unlock();
    if (auto flushed = Flush(); !flushed)
      logger_.Warn("deliveries could not be logged", {{"error", flushed.error().message}});
  }
}

// The clerk does not fall asleep between its look and this.
void DeliveryClerk::Wake() {
  { const std::lock_guard awake(news_mutex_); }
  news_.notify_all();
  if (desk_.IsCrowded()) crowd_.notify_all();
}

}  // namespace tinyforge
