#include <map>

#include "controller/store/tables.h"

namespace tinyforge::container_table {
namespace {

constexpr const char* kMissing = "missing";

std::int64_t Milliseconds(SysTime time) {
  return time.time_since_epoch().count();
}

ContainerRow Row(const Query& query) {
  return {.id = query.Text(0),
          .name = query.Text(1),
          .workload = query.Text(2),
          .kind = query.Text(3),
          .image = query.Text(4),
          .state = query.Text(5),
          .relation = query.Text(6),
          .replica = static_cast<int>(query.Integer(7)),
          .created = SysTime(std::chrono::milliseconds(query.Integer(8)))};
}

void Put(Database& database, const ContainerRow& row) {
  database.Use("INSERT OR REPLACE INTO containers VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, 0)")
      .Bind(row.id)
      .Bind(row.name)
      .Bind(row.workload)
      .Bind(row.kind)
      .Bind(row.image)
      .Bind(row.state)
      .Bind(row.relation)
      .Bind(std::int64_t{row.replica})
      .Bind(Milliseconds(row.created))
      .Run();
}

void MarkMissing(Database& database, const std::string& id, SysTime now) {
  database.Use("UPDATE containers SET state = ?, missing = ? WHERE id = ?")
      .Bind(kMissing)
      .Bind(Milliseconds(now))
      .Bind(id)
      .Run();
}

}  // namespace

void Replace(Database& database, const std::vector<ContainerRow>& rows, const Retention& missing) {
  std::map<std::string, ContainerRow> vanished;
  for (ContainerRow& row : List(database)) vanished.emplace(row.id, std::move(row));
  for (const ContainerRow& row : rows) {
    const auto old = vanished.find(row.id);
    if (old == vanished.end() || old->second != row) Put(database, row);
    if (old != vanished.end()) vanished.erase(old);
  }
  for (const auto& [id, row] : vanished) {
    if (row.state != kMissing) MarkMissing(database, id, missing.now);
  }
  database.Use("DELETE FROM containers WHERE missing <> 0 AND missing < ?").Bind(Milliseconds(missing.oldest)).Run();
  database
      .Use(
          "DELETE FROM containers WHERE id IN "
          "(SELECT id FROM containers WHERE missing <> 0 ORDER BY missing DESC, id LIMIT -1 OFFSET ?)")
      .Bind(static_cast<std::int64_t>(missing.rows))
      .Run();
}

std::vector<ContainerRow> List(Database& database) {
  std::vector<ContainerRow> rows;
  Query query = database.Use(
      "SELECT id, name, workload, kind, image, state, relation, replica, created FROM containers "
      "ORDER BY workload, name, id");
  while (query.Next()) rows.push_back(Row(query));
  return rows;
}

}  // namespace tinyforge::container_table
