#include "api-types/codec/kind_schema.h"

#include "api-types/codec/schema.h"
#include "api-types/codec/schema_writer.h"
#include "api-types/codec/status_fields.h"
#include "api-types/codec/trigger_fields.h"
#include "api-types/codec/workload_fields.h"
#include "api-types/doc/json.h"

namespace tinyforge::codec {
namespace {

doc::Node Text(std::string_view text) {
  return doc::Node::Of(std::string(text));
}

doc::Node SpecSchema(Kind kind) {
  switch (kind) {
    case Kind::Workload: return SchemaOf<v1::WorkloadSpec>({});
    case Kind::Trigger: return SchemaOf<v1::TriggerSpec>({});
    case Kind::Binding: return SchemaOf<v1::BindingSpec>({});
    case Kind::Secret: return SchemaOf<v1::SecretSpec>({});
  }
  return {};
}

std::string_view KindDoc(Kind kind) {
  switch (kind) {
    case Kind::Workload: return "What runs, from which source, and how a new version replaces the old one.";
    case Kind::Trigger:
      return "Where a new version comes from: exactly one of registry, git, schedule, promotion and manual.";
    case Kind::Binding: return "Connects a Trigger with a Workload, or with all that a selector matches.";
    case Kind::Secret: return "Names where secret values come from; a value never stands in the manifest.";
  }
  return "";
}

doc::Node Constant(std::string_view value, std::string_view description) {
  doc::Node schema = TypedSchema("string", "string");
  schema.Add("const", Text(value));
  schema.Add("description", Text(description));
  return schema;
}

doc::Node Described(doc::Node schema, std::string_view description) {
  schema.Add("description", Text(description));
  return schema;
}

}  // namespace

doc::Node KindSchema(Kind kind) {
  doc::Node schema = doc::Node::Map();
  schema.Add("$schema", Text("http://json-schema.org/draft-07/schema#"));
  schema.Add("title", Text(ToString(kind)));
  schema.Add("description", Text(KindDoc(kind)));
  schema.Add("type", Text("object"));
  schema.Add(std::string(kTypeWord), Text("object"));
  schema.Add("additionalProperties", doc::Node::Of(false));
  doc::Node required = doc::Node::List();
  for (const std::string_view key : {"apiVersion", "kind", "metadata", "spec"}) required.items.push_back(Text(key));
  schema.Add("required", std::move(required));
  doc::Node properties = doc::Node::Map();
  properties.Add("apiVersion", Constant(kApiVersion, "Version of the manifest format."));
  properties.Add("kind", Constant(ToString(kind), "Kind of the object."));
  properties.Add("metadata", Described(SchemaOf<ObjectMeta>({}), "Name, labels and annotations."));
  properties.Add("spec", Described(SpecSchema(kind), "What is wanted."));
  schema.Add("properties", std::move(properties));
  return schema;
}

std::string JsonSchema(Kind kind) {
  return doc::PrettyJson(KindSchema(kind));
}

}  // namespace tinyforge::codec
