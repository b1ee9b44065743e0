#include <algorithm>

#include "controller/runtime/plain_text.h"
#include "controller/store/tables.h"

namespace tinyforge::event_table {
namespace {

constexpr std::size_t kMaxWord = 256;
constexpr std::size_t kMaxMessage = 2048;

std::int64_t Milliseconds(SysTime time) {
  return time.time_since_epoch().count();
}

struct Last {
  std::int64_t seq = 0;
  bool equal = false;
};

Last FindLast(Database& database, const Event& event) {
  Query last =
      database.Use("SELECT seq, warning, reason, message FROM events WHERE object = ? ORDER BY seq DESC LIMIT 1");
  last.Bind(event.object);
  if (!last.Next()) return {};
  const bool warning = last.Integer(1) != 0;
  return {last.Integer(0), warning == (event.type == Event::Type::Warning) && last.Text(2) == event.reason &&
                               last.Text(3) == event.message};
}

}  // namespace

void Add(Database& database, const Event& event) {
  Event stored = event;
  stored.object = PlainText(event.object, kMaxWord);
  stored.reason = PlainText(event.reason, kMaxWord);
  stored.message = PlainText(event.message, kMaxMessage);
  const Last last = FindLast(database, stored);
  if (last.equal) {
    database.Use("UPDATE events SET time = ?, count = count + ?, seq = (SELECT max(seq) + 1 FROM events) WHERE seq = ?")
        .Bind(Milliseconds(stored.time))
        .Bind(std::int64_t{stored.count})
        .Bind(last.seq)
        .Run();
    return;
  }
  database.Use("INSERT INTO events(time, warning, object, reason, message, count) VALUES(?, ?, ?, ?, ?, ?)")
      .Bind(Milliseconds(stored.time))
      .Bind(std::int64_t{stored.type == Event::Type::Warning})
      .Bind(stored.object)
      .Bind(stored.reason)
      .Bind(stored.message)
      .Bind(std::int64_t{stored.count})
      .Run();
}

void Trim(Database& database, const Retention& retention) {
  database.Use("DELETE FROM events WHERE time < ?").Bind(Milliseconds(retention.oldest)).Run();
  database.Use("DELETE FROM events WHERE seq <= (SELECT seq FROM events ORDER BY seq DESC LIMIT 1 OFFSET ?)")
      .Bind(static_cast<std::int64_t>(retention.rows))
      .Run();
}

std::vector<Event> List(Database& database, const EventFilter& filter) {
  std::vector<Event> events;
  Query query = database.Use(
      "SELECT time, warning, object, reason, message, count FROM events WHERE ?1 = '' OR object = ?1 "
      "ORDER BY seq DESC LIMIT ?2");
  query.Bind(filter.object).Bind(static_cast<std::int64_t>(filter.limit));
  while (query.Next()) {
    events.push_back({.time = SysTime(std::chrono::milliseconds(query.Integer(0))),
                      .type = query.Integer(1) != 0 ? Event::Type::Warning : Event::Type::Normal,
                      .object = query.Text(2),
                      .reason = query.Text(3),
                      .message = query.Text(4),
                      .count = static_cast<int>(query.Integer(5))});
  }
  std::reverse(events.begin(), events.end());
  return events;
}

}  // namespace tinyforge::event_table
