// API records as JSON text, shaped like manifests: apiVersion, kind, metadata, spec, status with Kubernetes'
// conditions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controller/serve/backend.h"

namespace tinyforge::serve {

// Every function returns one JSON value without a line end. Invalid UTF-8 in texts of the world becomes U+FFFD.
std::string ToJson(const ObjectRecord& record);
std::string SecretToJson(const ObjectRecord& record, const std::vector<SecretKeyInfo>& keys);
std::string ToJson(const ContainerRow& row);
std::string ToJson(const ObservedContainer& container);
std::string ToJson(const Event& event);
std::string ToJson(const RolloutRow& row);
std::string FactsToJson(const std::string& workload, const Facts& facts);
std::string ToJson(const RepositoryStatus& repository);
std::string ToJson(const WorkloadPlan& plan);
std::string ToJson(const TreePlan& plan);
std::string ToJson(const SyncResult& result);
std::string ToJson(const VersionInfo& version);
std::string ToJson(const SourceKindInfo& kind);
std::string ToJson(const TriggerKindInfo& kind);

// The record of an object whose status is given as JSON.
std::string ObjectToJson(const ObjectRecord& record, const std::string& status_json);

// {"version": 17, "items": [...]} of JSON values.
std::string ListToJson(std::uint64_t version, const std::vector<std::string>& items);

}  // namespace tinyforge::serve
