#include "controller/store/sqlite_store.h"

#include <utility>

#include "controller/runtime/failpoint.h"
#include "controller/store/schema.h"
#include "controller/store/tables.h"

namespace tinyforge {

SqliteStore::SqliteStore(SqliteStoreOptions options)
    : options_(std::move(options)), state_(CacheOptions{options_.state_dir, kCacheSchema, options_.retry_interval}) {}

SysTime SqliteStore::Now() const {
  if (options_.now) return options_.now();
  return std::chrono::time_point_cast<SysTime::duration>(std::chrono::system_clock::now());
}

std::uint64_t SqliteStore::Rebuilds() const {
  return state_.Lock()->rebuilds;
}

Expected<void> SqliteStore::Run(std::string_view what, const Cache::Body& body) {
  std::optional<std::string> rebuilt;
  Expected<void> done;
  {
    auto state = state_.Lock();
    done = state->cache.Run(body);
    rebuilt = state->cache.TakeRebuilt();
    if (rebuilt) {
      ++state->rebuilds;
      const Event event{
          Now(), Event::Type::Warning, "repository", "CacheRebuilt",
          "the cache file " + *rebuilt +
              "; specs, statuses and containers are read again, the history of events and deliveries is lost"};
      // History only: when this fails too, the counter and the callback still tell.
      static_cast<void>(state->cache.Run([&](Database& database) { event_table::Add(database, event); }).has_value());
    }
  }
  if (rebuilt && options_.on_rebuilt) options_.on_rebuilt(*rebuilt);
  if (!done) return std::move(done).error().Within(what);
  return {};
}

Expected<void> SqliteStore::Write(std::string_view subject, std::string_view what, const Cache::Body& body) {
  if (auto passed = Failpoint("store.", subject, ".before"); !passed) return passed;
  auto done = Run(what, body);
  return done ? Failpoint("store.", subject, ".after") : std::move(done);
}

Expected<void> SqliteStore::CommitRevision(const std::vector<v1::ObjectPtr>& changed,
                                           const std::vector<ObjectKey>& removed, const Revision& revision) {
  return Write("revision", "store revision " + revision, [&](Database& database) {
    Transaction transaction(database);
    for (const ObjectKey& key : removed) object_table::Remove(database, key);
    for (const v1::ObjectPtr& object : changed) object_table::Put(database, *object, revision);
    transaction.Commit();
  });
}

Expected<std::optional<ObjectRecord>> SqliteStore::Get(const ObjectKey& key) {
  std::optional<ObjectRecord> record;
  auto done = Run("read " + ToString(key), [&](Database& database) { record = object_table::Get(database, key); });
  if (!done) return std::move(done).error();
  return record;
}

Expected<std::vector<ObjectRecord>> SqliteStore::List(Kind kind) {
  std::vector<ObjectRecord> records;
  auto done = Run("list objects", [&](Database& database) { records = object_table::List(database, kind); });
  if (!done) return std::move(done).error();
  return records;
}

Expected<void> SqliteStore::UpdateStatus(const ObjectKey& key, const v1::Status& status) {
  return Write("status", "store the status of " + ToString(key),
               [&](Database& database) { object_table::PutStatus(database, key, status); });
}

Expected<void> SqliteStore::SetRepository(const RepositoryStatus& status) {
  return Write("repository", "store the repository's status",
               [&](Database& database) { repository_table::Put(database, status); });
}

Expected<RepositoryStatus> SqliteStore::Repository() {
  RepositoryStatus status;
  auto done =
      Run("read the repository's status", [&](Database& database) { status = repository_table::Get(database); });
  if (!done) return std::move(done).error();
  return status;
}

Expected<void> SqliteStore::AddEvents(const std::vector<Event>& events) {
  if (events.empty()) return {};
  const event_table::Retention retention{options_.max_events, Now() - options_.max_event_age};
  return Write("events", "store events", [&](Database& database) {
    Transaction transaction(database);
    for (const Event& event : events) event_table::Add(database, event);
    event_table::Trim(database, retention);
    transaction.Commit();
  });
}

Expected<std::vector<Event>> SqliteStore::Events(const EventFilter& filter) {
  std::vector<Event> events;
  auto done = Run("read events", [&](Database& database) { events = event_table::List(database, filter); });
  if (!done) return std::move(done).error();
  return events;
}

Expected<void> SqliteStore::PutRollout(const std::string& workload, const v1::RolloutRecord& rollout) {
  const rollout_table::Retention retention{options_.max_rollouts, Now() - options_.max_rollout_age};
  return Run("store a rollout of " + workload, [&](Database& database) {
    Transaction transaction(database);
    rollout_table::Put(database, {workload, rollout}, retention);
    transaction.Commit();
  });
}

Expected<std::vector<RolloutRow>> SqliteStore::Rollouts(const std::string& workload) {
  std::vector<RolloutRow> rows;
  auto done = Run("list rollouts", [&](Database& database) { rows = rollout_table::List(database, workload); });
  if (!done) return std::move(done).error();
  return rows;
}

Expected<void> SqliteStore::ReplaceContainers(const std::vector<ContainerRow>& rows) {
  const SysTime now = Now();
  const container_table::Retention missing{options_.max_missing_containers, now - options_.max_missing_age, now};
  return Write("containers", "store containers", [&](Database& database) {
    Transaction transaction(database);
    container_table::Replace(database, rows, missing);
    transaction.Commit();
  });
}

Expected<std::vector<ContainerRow>> SqliteStore::Containers() {
  std::vector<ContainerRow> rows;
  auto done = Run("list containers", [&](Database& database) { rows = container_table::List(database); });
  if (!done) return std::move(done).error();
  return rows;
}

Expected<void> SqliteStore::PutDeliveries(const std::vector<Delivery>& deliveries) {
  if (deliveries.empty()) return {};
  const delivery_table::Retention retention{options_.max_deliveries, options_.max_ignored_deliveries,
                                            Now() - options_.max_delivery_age};
  return Write("deliveries", "store deliveries", [&](Database& database) {
    Transaction transaction(database);
    for (const Delivery& delivery : deliveries) delivery_table::Put(database, delivery);
    delivery_table::Trim(database, retention);
    transaction.Commit();
  });
}

Expected<std::vector<Delivery>> SqliteStore::Deliveries(const DeliveryFilter& filter) {
  std::vector<Delivery> deliveries;
  auto done = Run("list deliveries", [&](Database& database) { deliveries = delivery_table::List(database, filter); });
  if (!done) return std::move(done).error();
  return deliveries;
}

Expected<std::optional<Delivery>> SqliteStore::FindDelivery(const std::string& id) {
  std::optional<Delivery> delivery;
  auto done = Run("read a delivery", [&](Database& database) { delivery = delivery_table::Find(database, id); });
  if (!done) return std::move(done).error();
  return delivery;
}

}  // namespace tinyforge
