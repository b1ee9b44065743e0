// A version counter of everything the API shows, and those who wait for it to move.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

namespace tinyforge::serve {

// Thread-safe. Whoever changes a spec, a status, the container index, events or the repository state calls Bump after
// the change is readable.
class ChangeHub {
 public:
  // `start` differs between two runs of the controller, so that a client that watched the earlier one is answered at
  // once.
  explicit ChangeHub(std::uint64_t start) : version_(start) {}

  std::uint64_t Version() const;
  void Bump();

  // Calls `wake` once when the version is no longer `since`: at once, or from Bump's thread. Returns a ticket for
  // Cancel.
  std::uint64_t Wait(std::uint64_t since, std::function<void()> wake);
  // Forgets a waiter; one that was woken already is ignored.
  void Cancel(std::uint64_t ticket);

 private:
  mutable std::mutex mutex_;
  std::uint64_t version_;
  std::uint64_t next_ticket_ = 1;
  std::map<std::uint64_t, std::function<void()>> waiters_;
};

}  // namespace tinyforge::serve
