#include "api-types/codec/typed_writer.h"

#include "api-types/codec/status_fields.h"
#include "api-types/codec/trigger_fields.h"
#include "api-types/codec/workload_fields.h"
#include "api-types/codec/writer.h"

namespace tinyforge::codec {

doc::Node WriteSpec(const v1::Spec& spec) {
  return std::visit([](const auto& typed) { return WriteStruct(typed); }, spec);
}

doc::Node WriteMeta(const ObjectMeta& meta) {
  return WriteStruct(meta);
}

doc::Node WriteStatus(const v1::Status& status) {
  return WriteStruct(status);
}

doc::Node WriteRollout(const v1::RolloutRecord& rollout) {
  return WriteStruct(rollout);
}

}  // namespace tinyforge::codec
