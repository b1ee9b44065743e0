#include "api-types/codec/object.h"
#include "controller/runtime/plain_text.h"
#include "controller/store/tables.h"

namespace tinyforge::rollout_table {
namespace {

constexpr std::size_t kMaxRollout = std::size_t{64} << 10;

std::int64_t Milliseconds(SysTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

void Put(Database& database, const RolloutRow& row, const Retention& retention) {
  database
      .Use("INSERT INTO rollouts VALUES(?, ?, ?, ?) ON CONFLICT(workload, id) DO UPDATE SET rollout = excluded.rollout")
      .Bind(row.workload)
      .Bind(row.rollout.id)
      .Bind(Milliseconds(row.rollout.started))
      .Bind(PlainText(codec::EncodeRollout(row.rollout), kMaxRollout))
      .Run();
  database.Use("DELETE FROM rollouts WHERE workload = ? AND (id <= ? OR started < ?)")
      .Bind(row.workload)
      .Bind(row.rollout.id - static_cast<std::int64_t>(retention.per_workload))
      .Bind(Milliseconds(retention.oldest))
      .Run();
}

std::vector<RolloutRow> List(Database& database, const std::string& workload) {
  std::vector<RolloutRow> rows;
  Query query = database.Use(
      "SELECT workload, rollout FROM rollouts WHERE ?1 = '' OR workload = ?1 ORDER BY started DESC, id DESC");
  query.Bind(workload);
  while (query.Next())
    if (auto rollout = codec::ParseRollout(query.Text(1))) rows.push_back({query.Text(0), std::move(*rollout)});
  return rows;
}

}  // namespace tinyforge::rollout_table
