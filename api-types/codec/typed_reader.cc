#include "api-types/codec/typed_reader.h"

#include "api-types/codec/status_fields.h"
#include "api-types/codec/trigger_fields.h"
#include "api-types/codec/workload_fields.h"

namespace tinyforge::codec {
namespace {

template <class T>
T ReadAs(Reader& reader, const doc::Node& node) {
  T value;
  reader.Read(node, value, {});
  return value;
}

}  // namespace

v1::Spec ReadSpec(Reader& reader, Kind kind, const doc::Node& node) {
  switch (kind) {
    case Kind::Workload: return ReadAs<v1::WorkloadSpec>(reader, node);
    case Kind::Trigger: return ReadAs<v1::TriggerSpec>(reader, node);
    case Kind::Binding: return ReadAs<v1::BindingSpec>(reader, node);
    case Kind::Secret: return ReadAs<v1::SecretSpec>(reader, node);
  }
  return {};
}

ObjectMeta ReadMeta(Reader& reader, const doc::Node& node) {
  return ReadAs<ObjectMeta>(reader, node);
}

v1::Status ReadStatus(Reader& reader, const doc::Node& node) {
  return ReadAs<v1::Status>(reader, node);
}

v1::RolloutRecord ReadRollout(Reader& reader, const doc::Node& node) {
  return ReadAs<v1::RolloutRecord>(reader, node);
}

}  // namespace tinyforge::codec
