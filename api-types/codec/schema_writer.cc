#include "api-types/codec/schema_writer.h"

#include "api-types/codec/formats.h"

namespace tinyforge::codec {
namespace {

constexpr std::string_view kDurationPattern = "^0$|^([0-9]+(\\.[0-9]*)?(h|m|s|ms|us|µs|ns))+$";

doc::Node Text(std::string_view text) {
  return doc::Node::Of(std::string(text));
}

void AddPattern(doc::Node& schema, std::string_view pattern) {
  if (!pattern.empty()) schema.Add("pattern", Text(pattern));
}

doc::Node SignalSchema() {
  doc::Node schema = TypedSchema("object", "object");
  schema.Add("additionalProperties", doc::Node::Of(false));
  doc::Node required = doc::Node::List();
  required.items.push_back(Text("signal"));
  schema.Add("required", std::move(required));
  doc::Node properties = doc::Node::Map();
  doc::Node& signal = properties.Add("signal", TextSchema(&format::kSignal));
  signal.Add("description", Text("Signal to send after the file was rewritten in place."));
  schema.Add("properties", std::move(properties));
  return schema;
}

}  // namespace

doc::Node TypedSchema(std::string_view json_type, std::string_view word) {
  doc::Node schema = doc::Node::Map();
  schema.Add("type", Text(json_type));
  schema.Add(std::string(kTypeWord), Text(word));
  return schema;
}

doc::Node TextSchema(const TextFormat* format) {
  doc::Node schema = TypedSchema("string", "string");
  if (format != nullptr) AddPattern(schema, format->pattern);
  return schema;
}

doc::Node NumberTextSchema(const NumberFormat& format) {
  doc::Node schema = TypedSchema("string", format.type);
  if (format.allows_number) {
    doc::Node types = doc::Node::List();
    types.items = {Text("string"), Text("number")};
    schema.members.front().value = std::move(types);
    schema.Add("minimum", doc::Node::Of(std::int64_t{0}));
  }
  AddPattern(schema, format.pattern);
  return schema;
}

doc::Node IntegerSchema(const Rule& rule) {
  doc::Node schema = TypedSchema("integer", "integer");
  if (rule.min != Rule{}.min) schema.Add("minimum", doc::Node::Of(rule.min));
  if (rule.max != Rule{}.max) schema.Add("maximum", doc::Node::Of(rule.max));
  return schema;
}

doc::Node DurationSchema() {
  doc::Node schema = TypedSchema("string", "duration");
  AddPattern(schema, kDurationPattern);
  return schema;
}

doc::Node StringsSchema(const Rule& rule) {
  doc::Node schema = TypedSchema("object", "map[string]string");
  if (rule.key != nullptr && !rule.key->pattern.empty()) {
    doc::Node names = doc::Node::Map();
    AddPattern(names, rule.key->pattern);
    schema.Add("propertyNames", std::move(names));
  }
  schema.Add("additionalProperties", TextSchema(rule.text));
  if (rule.min_items > 0) schema.Add("minProperties", doc::Node::Of(static_cast<std::int64_t>(rule.min_items)));
  return schema;
}

doc::Node OnChangeSchema() {
  doc::Node schema = doc::Node::Map();
  schema.Add(std::string(kTypeWord), Text("Recreate | None | {signal: NAME}"));
  doc::Node words = TypedSchema("string", "string");
  doc::Node names = doc::Node::List();
  names.items = {Text("Recreate"), Text("None")};
  words.Add("enum", std::move(names));
  doc::Node choices = doc::Node::List();
  choices.items.push_back(std::move(words));
  choices.items.push_back(SignalSchema());
  schema.Add("oneOf", std::move(choices));
  schema.Add("default", Text("Recreate"));
  return schema;
}

doc::Node PathOrSchema(doc::Node other) {
  doc::Node schema = doc::Node::Map();
  schema.Add(std::string(kTypeWord), Text("string | {secret}"));
  doc::Node choices = doc::Node::List();
  choices.items.push_back(TextSchema(&format::kRepositoryPath));
  choices.items.push_back(std::move(other));
  schema.Add("oneOf", std::move(choices));
  return schema;
}

doc::Node WrappedSchema(std::string_view wrapper, doc::Node inner) {
  doc::Node schema = TypedSchema("object", "object");
  schema.Add("additionalProperties", doc::Node::Of(false));
  doc::Node required = doc::Node::List();
  required.items.push_back(Text(wrapper));
  schema.Add("required", std::move(required));
  doc::Node properties = doc::Node::Map();
  properties.Add(std::string(wrapper), std::move(inner));
  schema.Add("properties", std::move(properties));
  return schema;
}

}  // namespace tinyforge::codec
