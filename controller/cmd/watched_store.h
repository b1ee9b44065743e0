// An object store that tells when something that people can see has changed.
#pragma once

#include <functional>
#include <utility>

#include "reconcilers/core/ports.h"

namespace tinyforge::cmd {

// Passes every call on to `inner`, which outlives it, and calls `changed` after each successful write. Thread-safe as
// far as both are.
class WatchedStore : public ObjectStore {
 public:
  WatchedStore(ObjectStore& inner, std::function<void()> changed) : inner_(inner), changed_(std::move(changed)) {}

  Expected<void> CommitRevision(const std::vector<v1::ObjectPtr>& changed, const std::vector<ObjectKey>& removed,
                                const Revision& revision) override {
    return Tell(inner_.CommitRevision(changed, removed, revision));
  }
  Expected<std::optional<ObjectRecord>> Get(const ObjectKey& key) override { return inner_.Get(key); }
  Expected<std::vector<ObjectRecord>> List(Kind kind) override { return inner_.List(kind); }
  Expected<void> UpdateStatus(const ObjectKey& key, const v1::Status& status) override {
    return Tell(inner_.UpdateStatus(key, status));
  }
  Expected<void> SetRepository(const RepositoryStatus& status) override { return Tell(inner_.SetRepository(status)); }
  Expected<RepositoryStatus> Repository() override { return inner_.Repository(); }
  Expected<void> AddEvents(const std::vector<Event>& events) override { return Tell(inner_.AddEvents(events)); }
  Expected<std::vector<Event>> Events(const EventFilter& filter) override { return inner_.Events(filter); }
  Expected<void> ReplaceContainers(const std::vector<ContainerRow>& rows) override { return inner_.ReplaceContainers(rows); }
  Expected<std::vector<ContainerRow>> Containers() override { return inner_.Containers(); }

 private:
  Expected<void> Tell(Expected<void> result) {
    if (result) changed_();
    return result;
  }

  ObjectStore& inner_;
  std::function<void()> changed_;
};

}  // namespace tinyforge::cmd
