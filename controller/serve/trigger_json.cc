#include "controller/serve/trigger_json.h"

#include <nlohmann/json.hpp>

#include "api-types/codec/object.h"
#include "controller/runtime/plain_text.h"
#include "controller/serve/api_json.h"
#include "reconcilers/core/delivery_json.h"

namespace tinyforge::serve {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kLargestDelivery = std::size_t{16} << 20;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void AddText(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

Json Counts(const Delivery& delivery) {
  const DeliveryCounts counts = CountOutcomes(delivery);
  return {{"pending", counts.pending},
          {"deployed", counts.deployed},
          {"skipped", counts.skipped},
          {"noMatch", counts.no_match},
          {"errored", counts.errored}};
}

Json Bound(const std::vector<BoundWorkload>& all) {
  Json list = Json::array();
  for (const BoundWorkload& bound : all) {
    Json row = {{"binding", bound.binding}, {"trigger", bound.trigger}};
    AddText(row, "kind", bound.kind);
    AddText(row, "workload", bound.workload);
    AddText(row, "service", bound.service);
    row["enabled"] = bound.enabled;
    row["decides"] = bound.decides;
    AddText(row, "accepted", bound.accepted);
    AddText(row, "state", bound.state);
    AddText(row, "problem", bound.problem);
    list.push_back(std::move(row));
  }
  return list;
}

Json Status(const ObjectRecord& record, const std::vector<BoundWorkload>& bound) {
  Json status = Json::parse(codec::EncodeStatus(record.status), nullptr, false);
  if (!status.is_object()) status = Json::object();
  status["bound"] = Bound(bound);
  return status;
}

// Part of a spec, as canonical JSON; null for none.
Json Part(const std::string& text) {
  return text.empty() ? Json() : Json::parse(text, nullptr, false);
}

Json Config(const Expected<BindingConfig>& config) {
  if (!config) return {{"problem", config.error().message}};
  Json json = Json::object();
  for (const auto& [key, text] : {std::pair("base", &config->base), std::pair("overrides", &config->overrides),
                                  std::pair("merged", &config->merged)})
    if (Json part = Part(*text); part.is_object()) json[key] = std::move(part);
  json["overridden"] = config->overridden;
  return json;
}

}  // namespace

std::string ToJson(const Delivery& delivery) {
  Json json = {{"apiVersion", kApiVersion}, {"kind", "Delivery"}};
  json["metadata"] = {{"name", delivery.id}};
  if (!delivery.trigger.empty()) json["metadata"]["labels"] = {{"trigger", delivery.trigger}};
  if (delivery.received != SysTime{}) json["metadata"]["creationTimestamp"] = FormatRfc3339(delivery.received);
  // As JSON only bytes that are not UTF-8 are left to mend.
  Json status = Json::parse(PlainText(EncodeDelivery(delivery), kLargestDelivery), nullptr, false);
  if (!status.is_object()) status = Json::object();
  status.erase("id");
  status["counts"] = Counts(delivery);
  json["status"] = std::move(status);
  return Dump(json);
}

std::string ToJson(const RotatedSecret& secret) {
  Json json = {{"file", secret.file}, {"fingerprint", secret.fingerprint}};
  if (secret.old_until != SysTime{}) json["oldUntil"] = FormatRfc3339(secret.old_until);
  if (secret.ended != SysTime{}) json["ended"] = FormatRfc3339(secret.ended);
  return Dump(json);
}

std::string WorkloadToJson(const ObjectRecord& record, const std::vector<BoundWorkload>& bound) {
  return ObjectToJson(record, Dump(Status(record, bound)));
}

std::string TriggerToJson(const ObjectRecord& record, const std::vector<BoundWorkload>& bound,
                          const std::optional<Delivery>& last) {
  Json status = Status(record, bound);
  if (last)
    status["lastDelivery"] = {{"id", last->id}, {"received", FormatRfc3339(last->received)}, {"counts", Counts(*last)}};
  return ObjectToJson(record, Dump(status));
}

std::string BindingToJson(const ObjectRecord& record, const std::vector<BoundWorkload>& bound,
                          const Expected<BindingConfig>* config) {
  Json status = Status(record, bound);
  if (config) status["config"] = Config(*config);
  return ObjectToJson(record, Dump(status));
}

}  // namespace tinyforge::serve
