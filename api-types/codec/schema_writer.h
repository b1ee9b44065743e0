// The visitor that writes the JSON Schema of a type.
#pragma once

#include <concepts>
#include <string>
#include <utility>

#include "api-types/codec/field.h"
#include "api-types/codec/reader.h"
#include "api-types/codec/writer.h"
#include "api-types/doc/node.h"
#include "api-types/v1/workload.h"

namespace tinyforge::codec {

// The word for a type that explain prints; no validator looks at it.
inline constexpr std::string_view kTypeWord = "x-tinyforge-type";

// The parts that need no template.
doc::Node TypedSchema(std::string_view json_type, std::string_view word);
doc::Node TextSchema(const TextFormat* format);
doc::Node NumberTextSchema(const NumberFormat& format);
doc::Node IntegerSchema(const Rule& rule);
doc::Node DurationSchema();
doc::Node StringsSchema(const Rule& rule);
doc::Node OnChangeSchema();
doc::Node PathOrSchema(doc::Node other);  // a path of the config repository, or the other
doc::Node WrappedSchema(std::string_view wrapper, doc::Node inner);

// Types of which exactly one member is set.
template <class T>
inline constexpr bool kExactlyOne = std::same_as<T, v1::Source>;

template <class T>
doc::Node SchemaOf(const Rule& rule);

template <class T>
class StructSchema {
 public:
  template <class M>
  void operator()(M T::*member, std::string_view name, const Rule& rule) {
    static const T kDefault{};
    doc::Node schema = SchemaOf<M>(rule);
    if (!rule.wrapper.empty()) schema = WrappedSchema(rule.wrapper, std::move(schema));
    schema.Add("description", doc::Node::Of(std::string(rule.doc)));
    if constexpr (!IsOptional<M>::value && !IsList<M>::value && !std::is_class_v<M>)
      AddDefault(schema, rule, Write(kDefault.*member, rule));
    if constexpr (std::same_as<M, std::string> || std::same_as<M, Duration>)
      AddDefault(schema, rule, Write(kDefault.*member, rule));
    if (rule.required) required_.items.push_back(doc::Node::Of(std::string(name)));
    if (rule.alternative) AddAlternative(name);
    properties_.Add(std::string(name), std::move(schema));
  }

  doc::Node Take() {
    doc::Node schema = TypedSchema("object", "object");
    schema.Add("additionalProperties", doc::Node::Of(false));
    if (kExactlyOne<T>) {
      schema.Add("minProperties", doc::Node::Of(std::int64_t{1}));
      schema.Add("maxProperties", doc::Node::Of(std::int64_t{1}));
    }
    if (!alternatives_.items.empty()) schema.Add("oneOf", std::move(alternatives_));
    if (!required_.items.empty()) schema.Add("required", std::move(required_));
    schema.Add("properties", std::move(properties_));
    return schema;
  }

 private:
  void AddAlternative(std::string_view name) {
    doc::Node names = doc::Node::List();
    names.items.push_back(doc::Node::Of(std::string(name)));
    doc::Node alternative = doc::Node::Map();
    alternative.Add("required", std::move(names));
    alternatives_.items.push_back(std::move(alternative));
  }

  static void AddDefault(doc::Node& schema, const Rule& rule, doc::Node value) {
    const bool says_nothing = rule.required || (value.type == doc::Type::String && value.text.empty());
    if (!says_nothing) schema.Add("default", std::move(value));
  }

  doc::Node properties_ = doc::Node::Map();
  doc::Node required_ = doc::Node::List();
  doc::Node alternatives_ = doc::Node::List();
};

template <class E>
doc::Node EnumSchema() {
  doc::Node schema = TypedSchema("string", "string");
  doc::Node names = doc::Node::List();
  for (const auto& [value, name] : v1::EnumNames<E>::kTable) names.items.push_back(doc::Node::Of(std::string(name)));
  schema.Add("enum", std::move(names));
  return schema;
}

template <class T>
doc::Node ListSchema(const Rule& rule) {
  doc::Node items = SchemaOf<typename T::value_type>(rule);
  doc::Node schema = TypedSchema("array", "[]" + items.Find(kTypeWord)->text);
  schema.Add("items", std::move(items));
  if (rule.min_items > 0) schema.Add("minItems", doc::Node::Of(static_cast<std::int64_t>(rule.min_items)));
  return schema;
}

template <class T>
doc::Node SchemaOf(const Rule& rule) {
  if constexpr (IsOptional<T>::value) {
    return SchemaOf<typename T::value_type>(rule);
  } else if constexpr (std::same_as<T, std::string>) {
    return rule.json ? TypedSchema("object", "object") : TextSchema(rule.text);
  } else if constexpr (std::same_as<T, bool>) {
    return TypedSchema("boolean", "boolean");
  } else if constexpr (std::integral<T>) {
    return rule.number != nullptr ? NumberTextSchema(*rule.number) : IntegerSchema(rule);
  } else if constexpr (std::same_as<T, Duration>) {
    return DurationSchema();
  } else if constexpr (v1::NamedEnum<T>) {
    return EnumSchema<T>();
  } else if constexpr (IsList<T>::value) {
    return ListSchema<T>(rule);
  } else if constexpr (std::same_as<T, StringMap>) {
    return StringsSchema(rule);
  } else if constexpr (std::same_as<T, v1::OnFileChange>) {
    return OnChangeSchema();
  } else {
    StructSchema<T> schema;
    Fields(schema, Of<T>{});
    return std::same_as<T, v1::ComposeEnvFile> ? PathOrSchema(schema.Take()) : schema.Take();
  }
}

}  // namespace tinyforge::codec
