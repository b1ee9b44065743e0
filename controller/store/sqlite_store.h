// The cache in SQLite.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/runtime/guarded.h"
#include "controller/store/cache.h"
#include "reconcilers/core/delivery.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

struct SqliteStoreOptions {
  std::string state_dir;  // created when missing; holds the cache (see CacheFile)
  // Called after the cache lost its content and is empty again, with what happened ("was deleted"), on the thread whose
  // call noticed it and without any lock held. The receiver commits all specs and statuses again, on a thread of its
  // own.
  std::function<void(const std::string& reason)> on_rebuilt;
  std::function<SysTime()> now;  // empty: the system clock
  std::size_t max_events = 2000;
  Duration max_event_age = std::chrono::hours(7 * 24);
  std::size_t max_rollouts = 50;  // of a workload
  Duration max_rollout_age = std::chrono::hours(90 * 24);
  std::size_t max_deliveries = 1000;
  std::size_t max_ignored_deliveries = 100;  // beside them: pings and the like, so that they push out no others
  Duration max_delivery_age = std::chrono::hours(7 * 24);
  std::size_t max_missing_containers = 100;
  Duration max_missing_age = std::chrono::hours(24);
  Duration retry_interval = std::chrono::seconds(1);
};

// Opens on first use, so constructing it cannot fail; while the file cannot be used every call answers Transient. What
// happens to the file at any moment is survived (see Cache); the loss is an event "CacheRebuilt" of the repository, a
// call of on_rebuilt and one more in Rebuilds. What is written again as it was writes nothing. Thread-safe.
//
// Of a delivery at most 64 events and 64 KiB of them are kept; what is left out is said in the place of the last one
// (an Ignored "17 more events are not kept"), and the list of a push's files becomes unknown. Texts are cut, and end in
// "…".
class SqliteStore : public ObjectStore, public DeliveryLog {
 public:
  explicit SqliteStore(SqliteStoreOptions options);

  Expected<void> CommitRevision(const std::vector<v1::ObjectPtr>& changed, const std::vector<ObjectKey>& removed,
                                const Revision& revision) override;
  Expected<std::optional<ObjectRecord>> Get(const ObjectKey& key) override;
  Expected<std::vector<ObjectRecord>> List(Kind kind) override;
  Expected<void> UpdateStatus(const ObjectKey& key, const v1::Status& status) override;
  Expected<void> SetRepository(const RepositoryStatus& status) override;
  Expected<RepositoryStatus> Repository() override;
  Expected<void> AddEvents(const std::vector<Event>& events) override;
  Expected<std::vector<Event>> Events(const EventFilter& filter) override;
  Expected<void> PutRollout(const std::string& workload, const v1::RolloutRecord& rollout) override;
  Expected<std::vector<RolloutRow>> Rollouts(const std::string& workload) override;
  Expected<void> ReplaceContainers(const std::vector<ContainerRow>& rows) override;
  Expected<std::vector<ContainerRow>> Containers() override;

  Expected<void> PutDeliveries(const std::vector<Delivery>& deliveries) override;
  Expected<std::vector<Delivery>> Deliveries(const DeliveryFilter& filter) override;
  Expected<std::optional<Delivery>> FindDelivery(const std::string& id) override;

  // Times that the content was lost since the start.
  std::uint64_t Rebuilds() const;

 private:
  struct State {
    explicit State(CacheOptions options) : cache(std::move(options)) {}
    Cache cache;
    std::uint64_t rebuilds = 0;
  };

  Expected<void> Run(std::string_view what, const Cache::Body& body);
  // Run of what changes the cache; `subject` is what failpoints call it.
  Expected<void> Write(std::string_view subject, std::string_view what, const Cache::Body& body);
  SysTime Now() const;

  SqliteStoreOptions options_;
  mutable Guarded<State> state_;
};

}  // namespace tinyforge
