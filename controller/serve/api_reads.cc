#include "controller/serve/api_reads.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <optional>

#include "controller/serve/api_json.h"
#include "controller/serve/api_triggers.h"
#include "controller/serve/trigger_json.h"

namespace tinyforge::serve {
namespace {

constexpr Duration kWatchTimeout = std::chrono::seconds(30);
constexpr Duration kLongestWatch = std::chrono::seconds(60);
constexpr std::size_t kMostEvents = 10'000;
constexpr std::size_t kMostDeliveries = 1'000;

// JSON text of what is there now. `version` is for lists.
using Read = std::function<Expected<std::string>(const HttpRequest&, std::uint64_t version)>;

template <class T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void Reply(Backend& backend, const Read& read, const ExchangePtr& exchange) {
  // Taken before the data is read: a change in between is then seen by the next watch.
  const std::uint64_t version = backend.Changes().Version();
  auto text = read(exchange->request(), version);
  if (!text) return exchange->Send(ErrorResponse(text.error()));
  exchange->Send({.body = std::move(*text) + "\n", .headers = {{"Tinyforge-Version", std::to_string(version)}}});
}

void WaitThenReply(Backend& backend, const Read& read, const ExchangePtr& exchange, std::uint64_t since) {
  const auto asked = exchange->request().Query("timeout");
  const auto timeout = asked.empty() ? std::optional(kWatchTimeout) : ParseDuration(asked);
  if (!timeout) return exchange->Send(ErrorResponse(400, "Invalid", "timeout: expected a duration, as 30s"));
  auto ticket = std::make_shared<std::atomic<std::uint64_t>>(0);
  auto wake = exchange->Park(std::min(*timeout, kLongestWatch), [&backend, read, exchange, ticket] {
    backend.Changes().Cancel(ticket->load());
    Reply(backend, read, exchange);
  });
  ticket->store(backend.Changes().Wait(since, std::move(wake)));
}

Handler Watchable(Backend& backend, Read read) {
  return [&backend, read = std::move(read)](const ExchangePtr& exchange) {
    const auto watch = exchange->request().Query("watch");
    if (watch.empty()) return Reply(backend, read, exchange);
    const auto since = ParseNumber<std::uint64_t>(watch);
    if (!since) return exchange->Send(ErrorResponse(400, "Invalid", "watch: expected a version, a whole number"));
    WaitThenReply(backend, read, exchange, *since);
  };
}

Expected<std::vector<std::string>> SecretsToJson(Backend& backend, const std::vector<ObjectRecord>& secrets) {
  std::vector<std::string> items;
  for (const auto& record : secrets) {
    auto keys = backend.SecretKeys(record.key.name);
    // Removed between the two reads.
    if (!keys && keys.error().kind == ErrorKind::NotFound) continue;
    if (!keys) return std::move(keys).error();
    items.push_back(SecretToJson(record, *keys));
  }
  return items;
}

Expected<std::vector<std::string>> ObjectsToJson(Backend& backend, Kind kind, const std::vector<ObjectRecord>& all) {
  if (kind == Kind::Secret) return SecretsToJson(backend, all);
  if (kind == Kind::Trigger) return TriggersToJson(backend, all);
  if (kind == Kind::Binding) return BindingsToJson(backend, all);
  std::vector<std::string> items;
  for (const auto& record : all) items.push_back(ToJson(record));
  return items;
}

Read ListObjects(Backend& backend, Kind kind) {
  return [&backend, kind](const HttpRequest&, std::uint64_t version) -> Expected<std::string> {
    auto records = backend.Store().List(kind);
    if (!records) return std::move(records).error();
    auto items = ObjectsToJson(backend, kind, *records);
    if (!items) return std::move(items).error();
    return ListToJson(version, *items);
  };
}

Read GetObject(Backend& backend, Kind kind) {
  return [&backend, kind](const HttpRequest& request, std::uint64_t) -> Expected<std::string> {
    auto record = backend.Store().Get({kind, std::string(request.Capture("name"))});
    if (!record) return std::move(record).error();
    if (!*record) return Error{ErrorKind::NotFound, "no " + std::string(ToString(kind)) + " of that name"};
    if (kind != Kind::Secret) return DescribedToJson(backend, **record);
    auto keys = backend.SecretKeys((*record)->key.name);
    if (!keys) return std::move(keys).error();
    return SecretToJson(**record, *keys);
  };
}

template <class T>
std::string ListOf(std::uint64_t version, const std::vector<T>& rows) {
  std::vector<std::string> items;
  items.reserve(rows.size());
  for (const auto& row : rows) items.push_back(ToJson(row));
  return ListToJson(version, items);
}

Expected<std::string> ListContainers(Backend& backend, const HttpRequest& request, std::uint64_t version) {
  auto rows = backend.Store().Containers();
  if (!rows) return std::move(rows).error();
  const auto fits = [&request](std::string_view key, const std::string& value) {
    const auto wanted = request.Query(key);
    return wanted.empty() || wanted == value;
  };
  std::erase_if(*rows, [&fits](const ContainerRow& row) {
    return !fits("workload", row.workload) || !fits("kind", row.kind) || !fits("state", row.state);
  });
  return ListOf(version, *rows);
}

// Sets `limit` when the query says one.
std::optional<Error> ReadLimit(const HttpRequest& request, std::size_t most, std::size_t& limit) {
  const auto asked = request.Query("limit");
  if (asked.empty()) return std::nullopt;
  const auto number = ParseNumber<std::size_t>(asked);
  if (!number || *number == 0) return Error{ErrorKind::Invalid, "limit: expected a number above zero"};
  limit = std::min(*number, most);
  return std::nullopt;
}

Expected<std::string> ListEvents(Backend& backend, const HttpRequest& request, std::uint64_t version) {
  EventFilter filter{.object = std::string(request.Query("object"))};
  if (auto wrong = ReadLimit(request, kMostEvents, filter.limit)) return std::move(*wrong);
  auto events = backend.Store().Events(filter);
  if (!events) return std::move(events).error();
  return ListOf(version, *events);
}

Expected<std::string> ListDeliveries(Backend& backend, const HttpRequest& request, std::uint64_t version) {
  DeliveryFilter filter{.trigger = std::string(request.Query("trigger"))};
  if (auto wrong = ReadLimit(request, kMostDeliveries, filter.limit)) return std::move(*wrong);
  auto deliveries = backend.Triggers().Deliveries().Deliveries(filter);
  if (!deliveries) return std::move(deliveries).error();
  return ListOf(version, *deliveries);
}

Expected<Delivery> FindDelivery(Backend& backend, const HttpRequest& request) {
  auto found = backend.Triggers().Deliveries().FindDelivery(std::string(request.Capture("name")));
  if (!found) return std::move(found).error();
  if (!*found) return Error{ErrorKind::NotFound, "no delivery of that id is kept"};
  return std::move(**found);
}

Expected<std::string> GetDelivery(Backend& backend, const HttpRequest& request) {
  const auto delivery = FindDelivery(backend, request);
  if (!delivery) return delivery.error();
  return ToJson(*delivery);
}

Expected<std::string> ListRollouts(Backend& backend, const std::string& workload, std::uint64_t version) {
  auto rows = backend.Store().Rollouts(workload);
  if (!rows) return std::move(rows).error();
  return ListOf(version, *rows);
}

Expected<std::string> ListFacts(Backend& backend, std::uint64_t version) {
  auto all = backend.AllFacts();
  if (!all) return std::move(all).error();
  std::vector<std::string> items;
  for (const auto& [workload, facts] : *all)
    if (facts != Facts()) items.push_back(FactsToJson(workload, facts));
  return ListToJson(version, items);
}

void AddObjects(Router& router, Backend& backend, Kind kind, const std::string& path) {
  router.Add({.method = "GET", .pattern = path, .handler = Watchable(backend, ListObjects(backend, kind))});
  router.Add({.method = "GET", .pattern = path + "/{name}", .handler = Watchable(backend, GetObject(backend, kind))});
}

void AddRead(Router& router, Backend& backend, std::string pattern, Read read) {
  router.Add({.method = "GET", .pattern = std::move(pattern), .handler = Watchable(backend, std::move(read))});
}

void AddDeliveries(Router& router, Backend& backend) {
  AddRead(router, backend, "/api/deliveries", [&backend](const HttpRequest& request, std::uint64_t version) {
    return ListDeliveries(backend, request, version);
  });
  const Handler watched = Watchable(
      backend, [&backend](const HttpRequest& request, std::uint64_t) { return GetDelivery(backend, request); });
  router.Add({.method = "GET",
              .pattern = "/api/deliveries/{name}",
              .handler = [&backend, watched](const ExchangePtr& exchange) {
                if (exchange->request().Query("wait").empty()) return watched(exchange);
                auto delivery = FindDelivery(backend, exchange->request());
                if (!delivery) return exchange->Send(ErrorResponse(delivery.error()));
                ReplyWithDelivery(backend, exchange, std::move(*delivery));
              }});
}

}  // namespace

void AddReads(Router& router, Backend& backend) {
  AddDeliveries(router, backend);
  AddObjects(router, backend, Kind::Workload, "/api/workloads");
  AddObjects(router, backend, Kind::Trigger, "/api/triggers");
  AddObjects(router, backend, Kind::Binding, "/api/bindings");
  AddObjects(router, backend, Kind::Secret, "/api/secrets");
  AddRead(router, backend, "/api/containers", [&backend](const HttpRequest& request, std::uint64_t version) {
    return ListContainers(backend, request, version);
  });
  AddRead(router, backend, "/api/events", [&backend](const HttpRequest& request, std::uint64_t version) {
    return ListEvents(backend, request, version);
  });
  AddRead(router, backend, "/api/rollouts", [&backend](const HttpRequest& request, std::uint64_t version) {
    return ListRollouts(backend, std::string(request.Query("workload")), version);
  });
  AddRead(router, backend, "/api/workloads/{name}/rollouts",
          [&backend](const HttpRequest& request, std::uint64_t version) {
            return ListRollouts(backend, std::string(request.Capture("name")), version);
          });
  AddRead(router, backend, "/api/facts",
          [&backend](const HttpRequest&, std::uint64_t version) { return ListFacts(backend, version); });
  AddRead(router, backend, "/api/repository", [&backend](const HttpRequest&, std::uint64_t) -> Expected<std::string> {
    auto repository = backend.Store().Repository();
    if (!repository) return std::move(repository).error();
    return ToJson(*repository);
  });
  AddRead(router, backend, "/api/workloads/{name}/containers",
          [&backend](const HttpRequest& request, std::uint64_t version) -> Expected<std::string> {
            auto containers = backend.ContainersOf(request.Capture("name"));
            if (!containers) return std::move(containers).error();
            return ListOf(version, *containers);
          });
  AddRead(router, backend, "/api/workloads/source-kinds",
          [&backend](const HttpRequest&, std::uint64_t version) -> Expected<std::string> {
            return ListOf(version, backend.SourceKinds());
          });
  AddRead(router, backend, "/api/workloads/trigger-kinds",
          [&backend](const HttpRequest&, std::uint64_t version) -> Expected<std::string> {
            return ListOf(version, backend.TriggerKinds());
          });
  AddRead(router, backend, "/api/version",
          [&backend](const HttpRequest&, std::uint64_t) -> Expected<std::string> { return ToJson(backend.Version()); });
}

}  // namespace tinyforge::serve
