// What is read from and written to each table. Everything here throws as described in sqlite.h and expects the caller
// to hold a transaction where it writes more than one row.
#pragma once

#include <optional>
#include <vector>

#include "controller/store/sqlite.h"
#include "reconcilers/core/delivery.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

namespace object_table {
void Put(Database& database, const v1::Object& object, const Revision& revision);
void Remove(Database& database, const ObjectKey& key);
std::optional<ObjectRecord> Get(Database& database, const ObjectKey& key);
std::vector<ObjectRecord> List(Database& database, Kind kind);
// Writes nothing for an object that is not there and for a status that is stored already.
void PutStatus(Database& database, const ObjectKey& key, const v1::Status& status);
}  // namespace object_table

namespace repository_table {
void Put(Database& database, const RepositoryStatus& status);
RepositoryStatus Get(Database& database);
}  // namespace repository_table

namespace event_table {
struct Retention {
  std::size_t rows = 0;
  SysTime oldest{};
};
void Add(Database& database, const Event& event);
void Trim(Database& database, const Retention& retention);
std::vector<Event> List(Database& database, const EventFilter& filter);
}  // namespace event_table

namespace rollout_table {
struct Retention {
  std::size_t per_workload = 0;
  SysTime oldest{};
};
void Put(Database& database, const RolloutRow& row, const Retention& retention);
std::vector<RolloutRow> List(Database& database, const std::string& workload);
}  // namespace rollout_table

namespace delivery_table {
struct Retention {
  std::size_t rows = 0;     // of those that say something
  std::size_t ignored = 0;  // of the others, which have a share of their own
  SysTime oldest{};
};
// Cut to what is kept of one: see SqliteStore.
void Put(Database& database, const Delivery& delivery);
void Trim(Database& database, const Retention& retention);
std::vector<Delivery> List(Database& database, const DeliveryFilter& filter);  // newest first
std::optional<Delivery> Find(Database& database, const std::string& id);
}  // namespace delivery_table

namespace container_table {
struct Retention {
  std::size_t rows = 0;
  SysTime oldest{};
  SysTime now{};
};
void Replace(Database& database, const std::vector<ContainerRow>& rows, const Retention& missing);
std::vector<ContainerRow> List(Database& database);  // by workload, then name
}  // namespace container_table

}  // namespace tinyforge
