#include <algorithm>

#include "controller/store/kept_delivery.h"
#include "controller/store/tables.h"
#include "reconcilers/core/delivery_json.h"

namespace tinyforge::delivery_table {
namespace {

std::int64_t Milliseconds(SysTime time) {
  return time.time_since_epoch().count();
}

// Whether it says nothing to anybody here: a ping, a star.
bool IsIgnored(const Delivery& delivery) {
  return !delivery.events.empty() && std::ranges::all_of(delivery.events, [](const InboundEvent& event) {
    return std::holds_alternative<Ignored>(event);
  });
}

std::int64_t Count(Database& database, bool ignored) {
  Query number = database.Use("SELECT number FROM delivery_count WHERE ignored = ?");
  if (!number.Bind(std::int64_t{ignored}).Next()) throw DamagedCache("the number of deliveries is missing");
  return number.Integer(0);
}

void SetCount(Database& database, bool ignored, std::int64_t number) {
  database.Use("UPDATE delivery_count SET number = ?1 WHERE ignored = ?2 AND number <> ?1")
      .Bind(number)
      .Bind(std::int64_t{ignored})
      .Run();
}

bool Has(Database& database, const std::string& id) {
  Query known = database.Use("SELECT 1 FROM deliveries WHERE id = ?");
  return known.Bind(id).Next();
}

struct Oldest {
  std::string id;  // empty: there is none
  bool ignored = false;
  std::int64_t received = 0;
};

Oldest FindOldest(Database& database) {
  Query oldest = database.Use("SELECT id, ignored, received FROM deliveries ORDER BY id LIMIT 1");
  if (!oldest.Next()) return {};
  return {oldest.Text(0), oldest.Integer(1) != 0, oldest.Integer(2)};
}

}  // namespace

void Put(Database& database, const Delivery& delivery) {
  const Delivery kept = KeptDelivery(delivery);
  const std::string json = PackDelivery(kept);
  const std::int64_t received = Milliseconds(kept.received);
  if (Has(database, kept.id)) {
    database
        .Use("UPDATE deliveries SET trigger_name = ?1, received = ?2, delivery = ?3 WHERE id = ?4 AND delivery <> ?3")
        .Bind(kept.trigger)
        .Bind(received)
        .Bind(json)
        .Bind(kept.id)
        .Run();
    return;
  }
  const bool ignored = IsIgnored(delivery);
  database.Use("INSERT INTO deliveries(id, trigger_name, ignored, received, delivery) VALUES(?, ?, ?, ?, ?)")
      .Bind(kept.id)
      .Bind(kept.trigger)
      .Bind(std::int64_t{ignored})
      .Bind(received)
      .Bind(json)
      .Run();
  SetCount(database, ignored, Count(database, ignored) + 1);
}

namespace {

// Those that are too old, one at a time: each costs the way down one tree.
void TrimByAge(Database& database, SysTime limit) {
  for (Oldest oldest = FindOldest(database); !oldest.id.empty() && oldest.received < Milliseconds(limit);
       oldest = FindOldest(database)) {
    database.Use("DELETE FROM deliveries WHERE id = ?").Bind(oldest.id).Run();
    SetCount(database, oldest.ignored, Count(database, oldest.ignored) - 1);
  }
}

// Those that are too many, at once: the oldest of one sort are not side by side.
void TrimByNumber(Database& database, bool ignored, std::size_t most) {
  const std::int64_t surplus = Count(database, ignored) - static_cast<std::int64_t>(most);
  if (surplus <= 0) return;
  database.Use("DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE ignored = ? ORDER BY id LIMIT ?)")
      .Bind(std::int64_t{ignored})
      .Bind(surplus)
      .Run();
  SetCount(database, ignored, static_cast<std::int64_t>(most));
}

}  // namespace

void Trim(Database& database, const Retention& retention) {
  TrimByAge(database, retention.oldest);
  TrimByNumber(database, false, retention.rows);
  TrimByNumber(database, true, retention.ignored);
}

std::vector<Delivery> List(Database& database, const DeliveryFilter& filter) {
  std::vector<Delivery> deliveries;
  Query query = database.Use(
      "SELECT delivery FROM deliveries WHERE (?1 = '' OR trigger_name = ?1) AND ignored <= ?2 ORDER BY id DESC "
      "LIMIT ?3");
  query.Bind(filter.trigger).Bind(std::int64_t{filter.ignored}).Bind(static_cast<std::int64_t>(filter.limit));
  while (query.Next())
    if (auto delivery = ParseDelivery(query.Text(0))) deliveries.push_back(std::move(*delivery));
  return deliveries;
}

std::optional<Delivery> Find(Database& database, const std::string& id) {
  Query query = database.Use("SELECT delivery FROM deliveries WHERE id = ?");
  if (!query.Bind(id).Next()) return std::nullopt;
  auto delivery = ParseDelivery(query.Text(0));
  if (!delivery) return std::nullopt;
  return std::move(*delivery);
}

}  // namespace tinyforge::delivery_table
