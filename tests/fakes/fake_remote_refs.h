// Git repositories in memory that can fail and hang, and a ledger of what was seen of them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reconcilers/core/facts.h"
#include "reconcilers/core/remote_refs.h"

namespace tinyforge {

// Thread-safe. What is no https URL cannot be asked.
class FakeRemoteRefs final : public RemoteRefs {
 public:
  void Push(const std::string& url, const std::string& ref, const std::string& commit) {
    const std::lock_guard lock(mutex_);
    repositories_[url][ref] = commit;
  }
  void Remove(const std::string& url, const std::string& ref) {
    const std::lock_guard lock(mutex_);
    repositories_[url].erase(ref);
  }
  void Fail(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  // Calls for this URL wait for their stop.
  void Hang(const std::string& url) {
    const std::lock_guard lock(mutex_);
    hangs_ = url;
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  Expected<std::string> Locate(const std::string& repository) override {
    if (repository.starts_with("https://")) return repository;
    return Error{ErrorKind::Invalid, "it is no URL"};
  }
  Expected<GitRefs> List(const std::string& url, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    ++calls_;
    if (url == hangs_) changed_.wait(lock, stop, [] { return false; });
    if (stop.stop_requested()) return Error{ErrorKind::Transient, "cancelled"};
    if (error_) return *error_;
    return repositories_[url];
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, GitRefs> repositories_;
  std::optional<Error> error_;
  std::string hangs_;
  int calls_ = 0;
};

// Thread-safe.
class FakeRefLedger final : public RefLedger {
 public:
  std::vector<SeenRefs> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  int saves() {
    const std::lock_guard lock(mutex_);
    return saves_;
  }
  void Fail(bool fails) {
    const std::lock_guard lock(mutex_);
    fails_ = fails;
  }

  std::vector<SeenRefs> Load() override { return seen(); }
  Expected<void> Save(const std::vector<SeenRefs>& seen) override {
    const std::lock_guard lock(mutex_);
    if (fails_) return Error{ErrorKind::Transient, "the disk is full"};
    ++saves_;
    seen_ = seen;
    return {};
  }

 private:
  std::mutex mutex_;
  std::vector<SeenRefs> seen_;
  bool fails_ = false;
  int saves_ = 0;
};

}  // namespace tinyforge
