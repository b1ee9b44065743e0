// A store in memory, with a record of what was written.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reconcilers/core/ports.h"

namespace tinyforge {

// Thread-safe. `fail` makes every write fail.
class FakeStore final : public ObjectStore {
 public:
  bool fail = false;

  void Put(ObjectRecord record) {
    std::lock_guard lock(mutex_);
    const ObjectKey key = record.key;
    records_.insert_or_assign(key, std::move(record));
  }
  std::size_t status_writes() {
    std::lock_guard lock(mutex_);
    return status_writes_;
  }

  Expected<void> CommitRevision(const std::vector<v1::ObjectPtr>& changed, const std::vector<ObjectKey>& removed,
                                const Revision& revision) override {
    std::lock_guard lock(mutex_);
    for (const auto& object : changed) {
      ObjectRecord& record = records_[object->key];
      record.key = object->key;
      record.meta = object->meta;
      record.position = object->position;
      record.revision = revision;
      ++record.generation;
    }
    for (const auto& key : removed) records_.erase(key);
    return Written();
  }
  Expected<std::optional<ObjectRecord>> Get(const ObjectKey& key) override {
    std::lock_guard lock(mutex_);
    const auto found = records_.find(key);
    if (found == records_.end()) return std::optional<ObjectRecord>();
    return std::optional(found->second);
  }
  Expected<std::vector<ObjectRecord>> List(Kind kind) override {
    std::lock_guard lock(mutex_);
    std::vector<ObjectRecord> list;
    for (const auto& [key, record] : records_)
      if (key.kind == kind) list.push_back(record);
    return list;
  }
  Expected<void> UpdateStatus(const ObjectKey& key, const v1::Status& status) override {
    std::lock_guard lock(mutex_);
    ++status_writes_;
    if (const auto found = records_.find(key); found != records_.end() && !fail) found->second.status = status;
    return Written();
  }
  Expected<void> SetRepository(const RepositoryStatus& status) override {
    std::lock_guard lock(mutex_);
    repository_ = status;
    return Written();
  }
  Expected<RepositoryStatus> Repository() override {
    std::lock_guard lock(mutex_);
    return repository_;
  }
  Expected<void> AddEvents(const std::vector<Event>& events) override {
    std::lock_guard lock(mutex_);
    if (!fail) events_.insert(events_.end(), events.begin(), events.end());
    return Written();
  }
  Expected<std::vector<Event>> Events(const EventFilter& filter) override {
    std::lock_guard lock(mutex_);
    std::vector<Event> list;
    for (const Event& event : events_)
      if (filter.object.empty() || filter.object == event.object) list.push_back(event);
    if (list.size() > filter.limit) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(filter.limit));
    return list;
  }
  Expected<void> PutRollout(const std::string& workload, const v1::RolloutRecord& rollout) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(rollouts_, [&](const RolloutRow& r) { return r.workload == workload && r.rollout.id == rollout.id; });
    rollouts_.insert(rollouts_.begin(), {workload, rollout});
    return {};
  }
  Expected<std::vector<RolloutRow>> Rollouts(const std::string& workload) override {
    const std::lock_guard lock(mutex_);
    std::vector<RolloutRow> found;
    for (const RolloutRow& row : rollouts_)
      if (workload.empty() || row.workload == workload) found.push_back(row);
    return found;
  }
  Expected<void> ReplaceContainers(const std::vector<ContainerRow>& rows) override {
    std::lock_guard lock(mutex_);
    containers_ = rows;
    return Written();
  }
  Expected<std::vector<ContainerRow>> Containers() override {
    std::lock_guard lock(mutex_);
    return containers_;
  }

 private:
  Expected<void> Written() const {
    if (fail) return Error{ErrorKind::Transient, "the fake store was told to fail"};
    return {};
  }

  std::mutex mutex_;
  std::map<ObjectKey, ObjectRecord> records_;
  std::vector<Event> events_;
  std::vector<RolloutRow> rollouts_;
  std::vector<ContainerRow> containers_;
  RepositoryStatus repository_;
  std::size_t status_writes_ = 0;
};

}  // namespace tinyforge
