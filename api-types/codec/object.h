// Whole objects and statuses as text.
#pragma once

#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "api-types/v1/object_set.h"
#include "api-types/v1/status.h"

namespace tinyforge::codec {

enum class TextForm { Yaml, Json, CompactJson };

// apiVersion, kind, metadata, spec, and the status when given; defaults left out. Without a status the YAML is a
// manifest that decodes to an equal object.
std::string EncodeObject(const v1::Object& object, TextForm form, const v1::Status* status = nullptr);

// Canonical JSON, as stored in the cache and answered by the API.
std::string EncodeStatus(const v1::Status& status);

// Reads what EncodeStatus wrote.
Expected<v1::Status> ParseStatus(std::string_view json);

// One rollout likewise.
std::string EncodeRollout(const v1::RolloutRecord& rollout);
Expected<v1::RolloutRecord> ParseRollout(std::string_view json);

// ObjectMeta likewise.
std::string EncodeMeta(const ObjectMeta& meta);
Expected<ObjectMeta> ParseMeta(std::string_view json);

}  // namespace tinyforge::codec
