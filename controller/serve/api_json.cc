#include "controller/serve/api_json.h"

#include <nlohmann/json.hpp>

#include "api-types/codec/object.h"

namespace tinyforge::serve {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Times at the epoch mean "never" and are left out.
void AddTime(Json& json, const char* key, SysTime time) {
  if (time != SysTime{}) json[key] = FormatRfc3339(time);
}

void AddText(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

Json Conditions(const std::vector<Condition>& conditions) {
  Json list = Json::array();
  for (const auto& condition : conditions) {
    Json row = {{"type", condition.type}, {"status", ToString(condition.status)}, {"reason", condition.reason}};
    row["message"] = condition.message;
    row["observedGeneration"] = condition.observed_generation;
    AddTime(row, "lastTransitionTime", condition.last_transition_time);
    list.push_back(std::move(row));
  }
  return list;
}

Json Metadata(const ObjectRecord& record) {
  Json json = {{"name", record.key.name}};
  if (!record.meta.labels.empty()) json["labels"] = record.meta.labels;
  if (!record.meta.annotations.empty()) json["annotations"] = record.meta.annotations;
  json["generation"] = record.generation;
  if (!record.position.path.empty()) json["source"] = ToString(record.position);
  AddText(json, "revision", record.revision);
  return json;
}

Json Headed(std::string_view kind, const std::string& name) {
  Json json = {{"apiVersion", kApiVersion}, {"kind", kind}};
  json["metadata"] = {{"name", name}};
  return json;
}

Json Diagnostics(const std::vector<v1::Diagnostic>& errors) {
  Json list = Json::array();
  for (const auto& error : errors) {
    Json row = {{"file", error.position.path}, {"line", error.position.line}, {"column", error.position.column}};
    AddText(row, "field", error.field);
    row["message"] = error.message;
    list.push_back(std::move(row));
  }
  return list;
}

Json Networks(const ObservedContainer& container) {
  Json list = Json::array();
  for (const auto& [name, endpoint] : container.networks) {
    Json row = {{"name", name}, {"aliases", endpoint.aliases}};
    AddText(row, "address", endpoint.address);
    list.push_back(std::move(row));
  }
  return list;
}

Json Mounts(const ObservedContainer& container) {
  constexpr std::string_view kTypes[] = {"Bind", "Volume", "Tmpfs"};
  Json list = Json::array();
  for (const auto& mount : container.mounts) {
    Json row = {{"type", kTypes[static_cast<std::size_t>(mount.type)]}};
    AddText(row, "source", mount.source);
    row["target"] = mount.target;
    row["readOnly"] = mount.read_only;
    list.push_back(std::move(row));
  }
  return list;
}

void AddLabel(Json& json, const char* key, const ObservedContainer& container, std::string_view label) {
  AddText(json, key, std::string(container.Label(label)));
}

Json ObservedStatus(const ObservedContainer& container) {
  Json json = {{"id", container.id}};
  AddLabel(json, "workload", container, label::kWorkload);
  AddLabel(json, "sourceKind", container, label::kWorkloadKind);
  json["image"] = container.image;
  AddText(json, "imageId", container.image_id);
  json["state"] = ToString(container.state);
  json["health"] = ToString(container.health);
  json["exitCode"] = container.exit_code;
  if (container.oom_killed) json["oomKilled"] = true;
  AddText(json, "error", container.error);
  json["restarts"] = container.restart_count;
  AddTime(json, "started", container.started);
  AddTime(json, "finished", container.finished);
  AddLabel(json, "replica", container, label::kReplica);
  AddLabel(json, "revision", container, label::kRevision);
  AddLabel(json, "cause", container, label::kCause);
  AddLabel(json, "templateHash", container, label::kTemplateHash);
  json["networks"] = Networks(container);
  json["mounts"] = Mounts(container);
  return json;
}

void AddImages(Json& status, const Facts& facts) {
  if (facts.candidate) {
    status["candidate"] = {{"reference", facts.candidate->reference}};
    AddText(status["candidate"], "imageId", facts.candidate->image_id);
  }
  for (const SupersededImage& image : facts.superseded) {
    Json item = {{"reference", image.reference}, {"cause", image.cause}};
    AddText(item, "imageId", image.image_id);
    AddText(item, "kept", image.kept);
    AddTime(item, "at", image.at);
    status["superseded"].push_back(std::move(item));
  }
}

}  // namespace

// Spec and status are canonical JSON already and are spliced in as they stand.
std::string ObjectToJson(const ObjectRecord& record, const std::string& status_json) {
  std::string text = "{\"apiVersion\":" + Dump(kApiVersion) + ",\"kind\":" + Dump(ToString(record.key.kind));
  text += ",\"metadata\":" + Dump(Metadata(record));
  text += ",\"spec\":" + (record.spec_json.empty() ? std::string("{}") : record.spec_json);
  return text + ",\"status\":" + status_json + "}";
}

std::string ToJson(const ObjectRecord& record) {
  return ObjectToJson(record, codec::EncodeStatus(record.status));
}

std::string SecretToJson(const ObjectRecord& record, const std::vector<SecretKeyInfo>& keys) {
  Json list = Json::array();
  for (const auto& key : keys) {
    Json row = {{"key", key.key}};
    AddText(row, "fingerprint", key.fingerprint);
    AddText(row, "problem", key.problem);
    list.push_back(std::move(row));
  }
  Json status = Json::parse(codec::EncodeStatus(record.status), nullptr, false);
  status["keys"] = std::move(list);
  return ObjectToJson(record, Dump(status));
}

std::string ToJson(const ContainerRow& row) {
  Json json = Headed("Container", row.name);
  AddTime(json["metadata"], "creationTimestamp", row.created);
  json["status"] = {{"id", row.id},       {"workload", row.workload}, {"sourceKind", row.kind}, {"image", row.image},
                    {"state", row.state}, {"relation", row.relation}, {"replica", row.replica}};
  return Dump(json);
}

std::string ToJson(const ObservedContainer& container) {
  Json json = Headed("Container", container.name);
  AddTime(json["metadata"], "creationTimestamp", container.created);
  json["status"] = ObservedStatus(container);
  return Dump(json);
}

std::string ToJson(const Event& event) {
  Json json = {{"apiVersion", kApiVersion}, {"kind", "Event"}};
  AddTime(json, "time", event.time);
  json["type"] = event.type == Event::Type::Warning ? "Warning" : "Normal";
  json["object"] = event.object;
  json["reason"] = event.reason;
  json["message"] = event.message;
  json["count"] = event.count;
  return Dump(json);
}

std::string ToJson(const RolloutRow& row) {
  Json json = Headed("Rollout", row.workload + "-" + std::to_string(row.rollout.id));
  json["status"] = Json::parse(codec::EncodeRollout(row.rollout), nullptr, false);
  json["status"]["workload"] = row.workload;
  return Dump(json);
}

std::string FactsToJson(const std::string& workload, const Facts& facts) {
  Json json = Headed("Facts", workload);
  Json status = {{"suspended", facts.suspended}, {"stopped", facts.stopped}, {"orphan", facts.orphan.value_or(false)}};
  if (facts.pin) {
    status["pin"] = {{"version", facts.pin->version}, {"reference", facts.pin->reference}, {"base", facts.pin->base}};
    AddTime(status["pin"], "at", facts.pin->at);
  }
  for (const GoodRelease& good : facts.good) {
    Json item = {{"version", good.version}, {"reference", good.reference}, {"imageId", good.image_id}};
    AddText(item, "revision", good.revision);
    AddTime(item, "at", good.at);
    status["good"].push_back(std::move(item));
  }
  for (const FailedRelease& failed : facts.failed) {
    Json item = {{"release", failed.release}, {"imageId", failed.image_id}, {"message", failed.message}};
    AddText(item, "lastLines", failed.last_lines);
    AddTime(item, "at", failed.at);
    status["failed"].push_back(std::move(item));
  }
  if (!facts.adopted_project.empty()) status["adoptedProject"] = facts.adopted_project;
  for (const AdoptedContainer& container : facts.adopted)
    status["adopted"].push_back({{"name", container.name}, {"id", container.id}});
  AddImages(status, facts);
  json["status"] = std::move(status);
  return Dump(json);
}

std::string ToJson(const RepositoryStatus& repository) {
  Json json = Headed("Repository", "config");
  json["spec"] = {{"url", repository.url}, {"branch", repository.branch}, {"path", repository.path}};
  Json status = Json::object();
  AddText(status, "revision", repository.revision);
  AddTime(status, "fetched", repository.fetched);
  AddTime(status, "applied", repository.applied);
  status["conditions"] = Conditions(repository.conditions);
  status["errors"] = Diagnostics(repository.errors);
  json["status"] = std::move(status);
  return Dump(json);
}

std::string ToJson(const WorkloadPlan& plan) {
  return Dump({{"workload", plan.workload}, {"lines", plan.lines}});
}

std::string ToJson(const TreePlan& plan) {
  Json plans = Json::array();
  for (const auto& one : plan.plans) plans.push_back({{"workload", one.workload}, {"lines", one.lines}});
  return Dump({{"errors", Diagnostics(plan.errors)}, {"items", std::move(plans)}});
}

std::string ToJson(const SyncResult& result) {
  return Dump({{"revision", result.revision}, {"changed", result.changed}, {"errors", Diagnostics(result.errors)}});
}

std::string ToJson(const VersionInfo& version) {
  Json json = {{"version", version.version}, {"commit", version.commit}, {"host", version.host}};
  json["instance"] = version.instance;
  json["engine"] = version.engine;
  AddTime(json, "started", version.started);
  return Dump(json);
}

std::string ToJson(const SourceKindInfo& kind) {
  return Dump({{"kind", kind.kind}, {"sample", kind.sample}});
}

std::string ToJson(const TriggerKindInfo& kind) {
  return Dump({{"kind", kind.kind}, {"policy", kind.policy}, {"sample", kind.sample}});
}

std::string ListToJson(std::uint64_t version, const std::vector<std::string>& items) {
  std::size_t size = 64;
  for (const auto& item : items) size += item.size() + 1;
  std::string text;
  text.reserve(size);
  text += "{\"version\":" + std::to_string(version) + ",\"items\":[";
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) text += ',';
    text += items[i];
  }
  return text + "]}";
}

}  // namespace tinyforge::serve
