#include "controller/serve/api_triggers.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "controller/serve/trigger_json.h"

namespace tinyforge::serve {
namespace {

constexpr std::size_t kActionBody = 4096;
constexpr Duration kLongestWait = std::chrono::seconds(60);

using BoundByName = std::map<std::string, std::vector<BoundWorkload>, std::less<>>;

BoundByName AllBoundBy(Backend& backend, std::string BoundWorkload::*name) {
  BoundByName grouped;
  for (BoundWorkload& bound : backend.Triggers().AllBound()) {
    auto& group = grouped[bound.*name];
    group.push_back(std::move(bound));
  }
  return grouped;
}

const std::vector<BoundWorkload>& Of(const BoundByName& grouped, const std::string& name) {
  static const std::vector<BoundWorkload> none;
  const auto found = grouped.find(name);
  return found == grouped.end() ? none : found->second;
}

// A log that cannot be read hides no trigger.
std::optional<Delivery> LastDelivery(Backend& backend, const std::string& trigger) {
  auto newest = backend.Triggers().Deliveries().Deliveries({.trigger = trigger, .limit = 1});
  if (!newest || newest->empty()) return std::nullopt;
  return std::move(newest->front());
}

// The delivery as it is now; what was known of it when nobody knows it any more.
Delivery Latest(Backend& backend, Delivery known) {
  Delivery now = backend.Triggers().DeliveryOf(known.id);
  if (!now.trigger.empty()) return now;
  auto logged = backend.Triggers().Deliveries().FindDelivery(known.id);
  return logged && *logged ? std::move(**logged) : std::move(known);
}

void SendDelivery(const ExchangePtr& exchange, const Delivery& delivery) {
  exchange->Send({.body = ToJson(delivery) + "\n"});
}

void Act(Backend& backend, const ExchangePtr& exchange, Expected<Delivery> accepted) {
  if (!accepted) return exchange->Send(ErrorResponse(accepted.error()));
  ReplyWithDelivery(backend, exchange, std::move(*accepted));
}

void ReplySentence(const ExchangePtr& exchange, const Expected<std::string>& answer) {
  if (!answer) return exchange->Send(ErrorResponse(answer.error()));
  exchange->Send(
      {.body =
           nlohmann::json{{"message", *answer}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"});
}

// The one text that a body may hold, {"version": TEXT}; none when it is not there. An empty body is {}.
Expected<std::optional<std::string>> ReadText(const std::string& body, const std::string& key) {
  if (body.empty()) return std::optional<std::string>();
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const bool whole =
      json.is_object() && json.size() <= 1 && (json.empty() || (json.contains(key) && json[key].is_string()));
  if (!whole) return Error{ErrorKind::Invalid, "expected a JSON object {\"" + key + "\": TEXT}"};
  return json.empty() ? std::nullopt : std::optional(json[key].get<std::string>());
}

void Deploy(Backend& backend, const ExchangePtr& exchange) {
  const auto version = ReadText(exchange->request().body, "version");
  if (!version) return exchange->Send(ErrorResponse(version.error()));
  ReplySentence(exchange,
                backend.Triggers().Deploy(std::string(exchange->request().Capture("name")), version->value_or("")));
}

void ApprovePromotion(Backend& backend, const ExchangePtr& exchange) {
  const auto workload = ReadText(exchange->request().body, "workload");
  if (!workload || workload->value_or("").empty())
    return exchange->Send(ErrorResponse(400, "Invalid", R"(expected a JSON object {"workload": NAME})"));
  ReplySentence(exchange, backend.Triggers().ApprovePromotion(**workload));
}

void Rotate(Backend& backend, const ExchangePtr& exchange) {
  const auto said = ReadText(exchange->request().body, "grace");
  if (!said) return exchange->Send(ErrorResponse(said.error()));
  const auto grace = *said ? ParseDuration(**said) : std::nullopt;
  if (*said && !grace)
    return exchange->Send(ErrorResponse(400, "Invalid", "grace: expected a duration, as 0s, 15m or 24h"));
  const auto rotated = backend.Triggers().Rotate(std::string(exchange->request().Capture("name")), grace);
  exchange->Send(rotated ? HttpResponse{.body = ToJson(*rotated) + "\n"} : ErrorResponse(rotated.error()));
}

using Action = void (*)(Backend& backend, const ExchangePtr& exchange);

void AddPost(Router& router, Backend& backend, const char* pattern, Lane lane, Action action) {
  router.Add({.method = "POST",
              .pattern = pattern,
              .lane = lane,
              .handler = [&backend, action](const ExchangePtr& exchange) { action(backend, exchange); },
              .body_bytes = kActionBody});
}

}  // namespace

Expected<std::vector<std::string>> TriggersToJson(Backend& backend, const std::vector<ObjectRecord>& triggers) {
  const BoundByName bound = AllBoundBy(backend, &BoundWorkload::trigger);
  std::vector<std::string> items;
  for (const ObjectRecord& record : triggers)
    items.push_back(TriggerToJson(record, Of(bound, record.key.name), LastDelivery(backend, record.key.name)));
  return items;
}

Expected<std::vector<std::string>> BindingsToJson(Backend& backend, const std::vector<ObjectRecord>& bindings) {
  const BoundByName bound = AllBoundBy(backend, &BoundWorkload::binding);
  std::vector<std::string> items;
  for (const ObjectRecord& record : bindings)
    items.push_back(BindingToJson(record, Of(bound, record.key.name), nullptr));
  return items;
}

std::string DescribedToJson(Backend& backend, const ObjectRecord& object) {
  const auto bound = backend.Triggers().Bound(object.key);
  if (object.key.kind == Kind::Trigger) return TriggerToJson(object, bound, LastDelivery(backend, object.key.name));
  if (object.key.kind == Kind::Workload) return WorkloadToJson(object, bound);
  const auto config = backend.Triggers().ConfigOf(object.key.name);
  return BindingToJson(object, bound, &config);
}

void ReplyWithDelivery(Backend& backend, const ExchangePtr& exchange, Delivery delivery) {
  const auto asked = exchange->request().Query("wait");
  if (asked.empty()) return SendDelivery(exchange, delivery);
  const auto wait = ParseDuration(asked);
  if (!wait) return exchange->Send(ErrorResponse(400, "Invalid", "wait: expected a duration, as 30s"));
  const std::string id = delivery.id;
  auto wake = exchange->Park(std::min(*wait, kLongestWait), [&backend, exchange, known = std::move(delivery)] {
    SendDelivery(exchange, Latest(backend, known));
  });
  backend.Triggers().AwaitDelivery(id, std::move(wake));
}

void AddTriggerActions(Router& router, Backend& backend) {
  AddPost(router, backend, "/api/triggers/{name}/fire", Lane::Pool, [](Backend& b, const ExchangePtr& e) {
    Act(b, e, b.Triggers().Fire(std::string(e->request().Capture("name"))));
  });
  AddPost(router, backend, "/api/deliveries/{name}/replay", Lane::Pool, [](Backend& b, const ExchangePtr& e) {
    Act(b, e, b.Triggers().Replay(std::string(e->request().Capture("name"))));
  });
  AddPost(router, backend, "/api/triggers/{name}/rotate", Lane::Pool, Rotate);
  AddPost(router, backend, "/api/workloads/{name}/deploy", Lane::Own, Deploy);
  AddPost(router, backend, "/api/workloads/{name}/promote", Lane::Own, [](Backend& b, const ExchangePtr& e) {
    ReplySentence(e, b.Triggers().Promote(std::string(e->request().Capture("name"))));
  });
  AddPost(router, backend, "/api/approve/promotion", Lane::Own, ApprovePromotion);
}

}  // namespace tinyforge::serve
