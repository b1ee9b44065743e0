// Stores that tell when something that people can see has changed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconcilers/core/delivery.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::cmd {

// Passes every call on to `inner`, which outlives it, calls `changed` after each successful write,
// `redact` with the messages of events before they are stored, `on_status` after a status was given, whether it could
// be stored or not, and `refresh` before the rows of containers are read, so that they are made only when somebody
// looks. Thread-safe as far as all are.
class WatchedStore : public ObjectStore {
 public:
  struct Hooks {
    std::function<void()> changed;
    std::function<std::string(std::string_view)> redact;  // takes what is secret out of a text
    std::function<void()> refresh;
    std::function<void(const ObjectKey&, const v1::Status&)> on_status = [](const ObjectKey&, const v1::Status&) {};
  };
  WatchedStore(ObjectStore& inner, Hooks hooks) : inner_(inner), hooks_(std::move(hooks)) {}

  Expected<void> CommitRevision(const std::vector<v1::ObjectPtr>& changed, const std::vector<ObjectKey>& removed,
                                const Revision& revision) override {
    return Tell(inner_.CommitRevision(changed, removed, revision));
  }
  Expected<std::optional<ObjectRecord>> Get(const ObjectKey& key) override { return inner_.Get(key); }
  Expected<std::vector<ObjectRecord>> List(Kind kind) override { return inner_.List(kind); }
  Expected<void> UpdateStatus(const ObjectKey& key, const v1::Status& status) override {
    auto stored = Tell(inner_.UpdateStatus(key, status));
    hooks_.on_status(key, status);
    return stored;
  }
  Expected<void> SetRepository(const RepositoryStatus& status) override { return Tell(inner_.SetRepository(status)); }
  Expected<RepositoryStatus> Repository() override { return inner_.Repository(); }
  Expected<void> AddEvents(const std::vector<Event>& events) override {
    std::vector<Event> shown = events;
    for (Event& event : shown) event.message = hooks_.redact(event.message);
    return Tell(inner_.AddEvents(shown));
  }
  Expected<std::vector<Event>> Events(const EventFilter& filter) override { return inner_.Events(filter); }
  Expected<void> PutRollout(const std::string& workload, const v1::RolloutRecord& rollout) override {
    return Tell(inner_.PutRollout(workload, rollout));
  }
  Expected<std::vector<RolloutRow>> Rollouts(const std::string& workload) override { return inner_.Rollouts(workload); }
  Expected<void> ReplaceContainers(const std::vector<ContainerRow>& rows) override {
    return inner_.ReplaceContainers(rows);
  }
  Expected<std::vector<ContainerRow>> Containers() override {
    hooks_.refresh();
    return inner_.Containers();
  }

 private:
  Expected<void> Tell(Expected<void> result) {
    if (result) hooks_.changed();
    return result;
  }

  ObjectStore& inner_;
  const Hooks hooks_;
};

// A delivery log likewise: calls `changed` after each write that went well.
class WatchedDeliveries : public DeliveryLog {
 public:
  WatchedDeliveries(DeliveryLog& inner, std::function<void()> changed) : inner_(inner), changed_(std::move(changed)) {}

  Expected<void> PutDeliveries(const std::vector<Delivery>& deliveries) override {
    auto stored = inner_.PutDeliveries(deliveries);
    if (stored) changed_();
    return stored;
  }
  Expected<std::vector<Delivery>> Deliveries(const DeliveryFilter& filter) override {
    return inner_.Deliveries(filter);
  }
  Expected<std::optional<Delivery>> FindDelivery(const std::string& id) override { return inner_.FindDelivery(id); }

 private:
  DeliveryLog& inner_;
  const std::function<void()> changed_;
};

}  // namespace tinyforge::cmd
