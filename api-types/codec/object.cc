#include "api-types/codec/object.h"

#include "api-types/codec/typed_reader.h"
#include "api-types/codec/typed_writer.h"
#include "api-types/doc/json.h"
#include "api-types/doc/yaml_writer.h"

namespace tinyforge::codec {
namespace {

template <class Read>
auto ParseTyped(std::string_view root, std::string_view json, Read read)
    -> Expected<std::invoke_result_t<Read, Reader&, const doc::Node&>> {
  const auto node = doc::ParseJson(json);
  if (!node) return Error(node.error()).Within(root);
  Reader reader(root);
  auto value = read(reader, *node);
  if (reader.problems().empty()) return value;
  const ReadProblem& first = reader.problems().front();
  return Error{ErrorKind::Invalid, first.field + ": " + first.message};
}

}  // namespace

std::string EncodeObject(const v1::Object& object, TextForm form, const v1::Status* status) {
  doc::Node node = doc::Node::Map();
  node.Add("apiVersion", doc::Node::Of(std::string(kApiVersion)));
  node.Add("kind", doc::Node::Of(std::string(ToString(object.key.kind))));
  node.Add("metadata", WriteMeta(object.meta));
  node.Add("spec", WriteSpec(object.spec));
  if (status != nullptr) node.Add("status", WriteStatus(*status));
  switch (form) {
    case TextForm::Yaml: return doc::ToYaml(node);
    case TextForm::Json: return doc::PrettyJson(node);
    case TextForm::CompactJson: return doc::CanonicalJson(node);
  }
  return {};
}

std::string EncodeStatus(const v1::Status& status) {
  return doc::CanonicalJson(WriteStatus(status));
}

Expected<v1::Status> ParseStatus(std::string_view json) {
  return ParseTyped("status", json, ReadStatus);
}

std::string EncodeRollout(const v1::RolloutRecord& rollout) {
  return doc::CanonicalJson(WriteRollout(rollout));
}

Expected<v1::RolloutRecord> ParseRollout(std::string_view json) {
  return ParseTyped("rollout", json, ReadRollout);
}

std::string EncodeMeta(const ObjectMeta& meta) {
  return doc::CanonicalJson(WriteMeta(meta));
}

Expected<ObjectMeta> ParseMeta(std::string_view json) {
  return ParseTyped("metadata", json, ReadMeta);
}

}  // namespace tinyforge::codec
