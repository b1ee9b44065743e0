// Tags and digests of images, in memory; can fail and hang.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reconcilers/core/image_registry.h"

namespace tinyforge {

// Thread-safe.
class FakeRegistry final : public ImageRegistry {
 public:
  void Push(const std::string& repository, const std::string& tag, const std::string& digest) {
    const std::lock_guard lock(mutex_);
    repositories_[repository].tags[tag] = digest;
  }
  void MadeAt(const std::string& digest, SysTime created) {
    const std::lock_guard lock(mutex_);
    created_[digest] = created;
  }
  // Every call fails with this; empty: they are answered.
  void Fail(const std::string& repository, std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    repositories_[repository].error = std::move(error);
  }
  // Calls wait until it hangs no more, or their stop.
  void Hang(const std::string& repository, bool hangs) {
    {
      const std::lock_guard lock(mutex_);
      repositories_[repository].hangs = hangs;
    }
    changed_.notify_all();
  }
  void PauseFor(Duration pause) {
    const std::lock_guard lock(mutex_);
    pause_ = pause;
  }
  int calls(const std::string& repository) {
    const std::lock_guard lock(mutex_);
    return repositories_[repository].calls;
  }
  // Whether that many calls have come before 20 s have passed.
  bool AwaitCalls(const std::string& repository, int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return repositories_[repository].calls >= count; });
  }

  Expected<std::vector<std::string>> Tags(const RegistryQuery& query, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    if (auto error = Enter(query.repository, lock, stop)) return *error;
    std::vector<std::string> tags;
    for (const auto& [tag, digest] : repositories_[query.repository].tags) tags.push_back(tag);
    return tags;
  }
  Expected<std::string> Digest(const RegistryQuery& query, std::string_view what, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    if (auto error = Enter(query.repository, lock, stop)) return *error;
    for (const auto& [tag, digest] : repositories_[query.repository].tags)
      if (what == tag || what == digest) return digest;
    return Error{ErrorKind::NotFound, query.repository + " has no " + std::string(what)};
  }
  Expected<SysTime> Created(const RegistryQuery& query, std::string_view digest, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    if (auto error = Enter(query.repository, lock, stop)) return *error;
    const auto found = created_.find(std::string(digest));
    if (found == created_.end()) return Error{ErrorKind::Invalid, "no date"};
    return found->second;
  }
  Duration Pause(std::string_view) override {
    const std::lock_guard lock(mutex_);
    return pause_;
  }

 private:
  struct Repository {
    std::map<std::string, std::string> tags;
    std::optional<Error> error;
    bool hangs = false;
    int calls = 0;
  };

  std::optional<Error> Enter(const std::string& name, std::unique_lock<std::mutex>& lock, std::stop_token stop) {
    Repository& repository = repositories_[name];
    ++repository.calls;
    changed_.notify_all();
    if (!changed_.wait(lock, stop, [&] { return !repository.hangs; }))
      return Error{ErrorKind::Transient, "the stop was requested"};
    return repository.error;
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Repository> repositories_;
  std::map<std::string, SysTime> created_;
  Duration pause_{0};
};

}  // namespace tinyforge
