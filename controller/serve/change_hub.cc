#include "controller/serve/change_hub.h"

#include <utility>

namespace tinyforge::serve {

std::uint64_t ChangeHub::Version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

void ChangeHub::Bump() {
  std::map<std::uint64_t, std::function<void()>> woken;
  {
    const std::lock_guard lock(mutex_);
    ++version_;
    woken.swap(waiters_);
  }
  for (auto& [ticket, wake] : woken) wake();
}

std::uint64_t ChangeHub::Wait(std::uint64_t since, std::function<void()> wake) {
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t ticket = next_ticket_++;
    if (version_ == since) {
      waiters_.emplace(ticket, std::move(wake));
      return ticket;
    }
  }
  wake();
  return 0;
}

void ChangeHub::Cancel(std::uint64_t ticket) {
  std::function<void()> dropped;
  const std::lock_guard lock(mutex_);
  const auto it = waiters_.find(ticket);
  if (it == waiters_.end()) return;
  dropped = std::move(it->second);
  waiters_.erase(it);
}

}  // namespace tinyforge::serve
