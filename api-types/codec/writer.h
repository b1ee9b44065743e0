// The visitor that turns a typed value into a document, members at their default left out. Reading it back gives an
// equal value.
#pragma once

#include <concepts>
#include <string>
#include <utility>

#include "api-types/codec/field.h"
#include "api-types/codec/reader.h"
#include "api-types/doc/node.h"

namespace tinyforge::codec {

// The parts that need no template.
doc::Node WriteJsonText(const std::string& json);
doc::Node WriteStrings(const StringMap& map);
doc::Node WriteOnChange(const v1::OnFileChange& on_change);

template <class T>
doc::Node Write(const T& value, const Rule& rule);

template <class T>
class StructWriter {
 public:
  explicit StructWriter(const T& value) : value_(value) {}

  template <class M>
  void operator()(M T::*member, std::string_view name, const Rule& rule) {
    static const T kDefault{};
    if (!rule.required && value_.*member == kDefault.*member) return;
    doc::Node written = Write(value_.*member, rule);
    if (!rule.wrapper.empty()) {
      doc::Node wrapper = doc::Node::Map();
      wrapper.Add(std::string(rule.wrapper), std::move(written));
      written = std::move(wrapper);
    }
    node_.Add(std::string(name), std::move(written));
  }

  doc::Node Take() { return std::move(node_); }

 private:
  const T& value_;
  doc::Node node_ = doc::Node::Map();
};

template <class T>
doc::Node WriteStruct(const T& value) {
  StructWriter<T> writer(value);
  Fields(writer, Of<T>{});
  return writer.Take();
}

template <class T>
doc::Node Write(const T& value, const Rule& rule) {
  if constexpr (IsOptional<T>::value) {
    return value ? Write(*value, rule) : doc::Node();
  } else if constexpr (std::same_as<T, std::string>) {
    return rule.json ? WriteJsonText(value) : doc::Node::Of(value);
  } else if constexpr (std::same_as<T, bool>) {
    return doc::Node::Of(value);
  } else if constexpr (std::integral<T>) {
    const auto wide = static_cast<std::int64_t>(value);
    return rule.number != nullptr ? doc::Node::Of(rule.number->print(wide)) : doc::Node::Of(wide);
  } else if constexpr (std::same_as<T, Duration>) {
    return doc::Node::Of(FormatDuration(value));
  } else if constexpr (std::same_as<T, SysTime>) {
    return doc::Node::Of(FormatRfc3339(value));
  } else if constexpr (v1::NamedEnum<T>) {
    return doc::Node::Of(std::string(v1::NameOf(value)));
  } else if constexpr (IsList<T>::value) {
    doc::Node list = doc::Node::List();
    for (const auto& item : value) list.items.push_back(Write(item, rule));
    return list;
  } else if constexpr (std::same_as<T, StringMap>) {
    return WriteStrings(value);
  } else if constexpr (std::same_as<T, v1::OnFileChange>) {
    return WriteOnChange(value);
  } else if constexpr (std::same_as<T, v1::ComposeEnvFile>) {
    return value.secret ? WriteStruct(value) : doc::Node::Of(value.path);
  } else {
    return WriteStruct(value);
  }
}

}  // namespace tinyforge::codec
