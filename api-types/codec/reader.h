// The visitor that reads a document into a typed value. It collects every problem with its place instead of ending at
// the first, and leaves at its default what it could not read.
#pragma once

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "api-types/codec/field.h"
#include "api-types/doc/node.h"
#include "api-types/meta/object.h"
#include "api-types/meta/time.h"
#include "api-types/v1/enum_names.h"
#include "api-types/v1/workload.h"

namespace tinyforge::codec {

struct ReadProblem {
  doc::Mark mark;
  std::string field;
  std::string message;
};

// Appends ".key", or ["key"] for a key that is no word.
void AppendKey(std::string& path, std::string_view key);

class Reader {
 public:
  explicit Reader(std::string_view root) : path_{{root, 0}} {}

  template <class T>
  void Read(const doc::Node& node, T& out, const Rule& rule);

  const std::vector<ReadProblem>& problems() const { return problems_; }

  void Fail(doc::Mark mark, std::string message);
  // "expected <expected>, got <node>"
  void Mismatch(const doc::Node& node, std::string_view expected);

  // The rest is for visitors and for maps that are read by hand.
  void Enter(std::string_view key) { path_.push_back({key, 0}); }
  void Leave() { path_.pop_back(); }
  bool ExpectMap(const doc::Node& node);
  void Missing(const doc::Node& map, std::string_view key);
  void Unknown(const doc::Node::Member& member, const std::vector<std::string_view>& known);

 private:
  struct Segment {
    std::string_view key;  // empty: an index
    std::size_t index;
  };

  void ReadText(const doc::Node& node, std::string& out, const Rule& rule);
  void ReadJson(const doc::Node& node, std::string& out, const Rule& rule);
  void ReadBool(const doc::Node& node, bool& out);
  std::optional<std::int64_t> ReadInteger(const doc::Node& node, const Rule& rule);
  std::optional<std::int64_t> ReadNumberText(const doc::Node& node, const NumberFormat& format);
  void ReadDuration(const doc::Node& node, Duration& out, const Rule& rule);
  void ReadTime(const doc::Node& node, SysTime& out);
  void ReadStrings(const doc::Node& node, StringMap& out, const Rule& rule);
  void ReadOnChange(const doc::Node& node, v1::OnFileChange& out);
  void ReadPath(const doc::Node& node, std::string& out);
  bool ExpectList(const doc::Node& node, const Rule& rule);
  // Whether a scalar string stands there that may name one of `names`; complains otherwise.
  void UnknownName(const doc::Node& node, const std::vector<std::string_view>& names);

  template <class E>
  void ReadEnum(const doc::Node& node, E& out);
  template <class T>
  void ReadList(const doc::Node& node, std::vector<T>& out, const Rule& rule);
  template <class T>
  void ReadStruct(const doc::Node& node, T& out);

  std::string Path() const;

  std::vector<Segment> path_;
  std::vector<ReadProblem> problems_;
};

// Collects the keys of a type.
struct KeyCollector {
  std::vector<std::string_view> keys;
  template <class M, class C>
  void operator()(M C::*, std::string_view name, const Rule&) {
    keys.push_back(name);
  }
};

template <class T>
class StructReader {
 public:
  StructReader(Reader& reader, const doc::Node& node, T& out)
      : reader_(reader), node_(node), out_(out), used_(node.members.size(), 0) {}

  template <class M>
  void operator()(M T::*member, std::string_view name, const Rule& rule) {
    for (std::size_t i = 0; i < node_.members.size(); ++i) {
      if (node_.members[i].key != name) continue;
      used_[i] = 1;
      reader_.Enter(name);
      ReadValue(node_.members[i].value, out_.*member, rule);
      reader_.Leave();
      return;
    }
    if (rule.required) reader_.Missing(node_, name);
  }

  void RefuseOthers() {
    for (std::size_t i = 0; i < used_.size(); ++i) {
      if (used_[i] != 0) continue;
      KeyCollector collector;
      Fields(collector, Of<T>{});
      reader_.Unknown(node_.members[i], collector.keys);
    }
  }

 private:
  template <class M>
  void ReadValue(const doc::Node& value, M& out, const Rule& rule) {
    if (rule.wrapper.empty()) return reader_.Read(value, out, rule);
    if (!reader_.ExpectMap(value)) return;
    for (const auto& member : value.members) {
      if (member.key != rule.wrapper) {
        reader_.Unknown(member, {rule.wrapper});
        continue;
      }
      reader_.Enter(rule.wrapper);
      reader_.Read(member.value, out, rule);
      reader_.Leave();
    }
    if (value.members.empty()) reader_.Missing(value, rule.wrapper);
  }

  Reader& reader_;
  const doc::Node& node_;
  T& out_;
  std::vector<char> used_;
};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};

template <class T>
void Reader::Read(const doc::Node& node, T& out, const Rule& rule) {
  if constexpr (IsOptional<T>::value) {
    Read(node, out.emplace(), rule);
  } else if (node.type == doc::Type::Null) {
    Fail(node.mark, "has no value; give it one or remove the key");
  } else if constexpr (std::same_as<T, std::string>) {
    rule.json ? ReadJson(node, out, rule) : ReadText(node, out, rule);
  } else if constexpr (std::same_as<T, bool>) {
    ReadBool(node, out);
  } else if constexpr (std::integral<T>) {
    const auto value = rule.number != nullptr ? ReadNumberText(node, *rule.number) : ReadInteger(node, rule);
    if (value) out = static_cast<T>(*value);
  } else if constexpr (std::same_as<T, Duration>) {
    ReadDuration(node, out, rule);
  } else if constexpr (std::same_as<T, SysTime>) {
    ReadTime(node, out);
  } else if constexpr (v1::NamedEnum<T>) {
    ReadEnum(node, out);
  } else if constexpr (IsList<T>::value) {
    ReadList(node, out, rule);
  } else if constexpr (std::same_as<T, StringMap>) {
    ReadStrings(node, out, rule);
  } else if constexpr (std::same_as<T, v1::OnFileChange>) {
    ReadOnChange(node, out);
  } else if constexpr (std::same_as<T, v1::ComposeEnvFile>) {
    node.type == doc::Type::String ? ReadPath(node, out.path) : ReadStruct(node, out);
  } else {
    ReadStruct(node, out);
  }
}

template <class E>
void Reader::ReadEnum(const doc::Node& node, E& out) {
  if (node.type == doc::Type::String || node.type == doc::Type::Bool) {
    if (const auto value = v1::FromName<E>(node.text)) {
      out = *value;
      return;
    }
  }
  std::vector<std::string_view> names;
  for (const auto& [value, name] : v1::EnumNames<E>::kTable) names.push_back(name);
  UnknownName(node, names);
}

template <class T>
void Reader::ReadList(const doc::Node& node, std::vector<T>& out, const Rule& rule) {
  if (!ExpectList(node, rule)) return;
  out.reserve(node.items.size());
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    path_.push_back({{}, i});
    Read(node.items[i], out.emplace_back(), rule);
    path_.pop_back();
  }
}

template <class T>
void Reader::ReadStruct(const doc::Node& node, T& out) {
  if (!ExpectMap(node)) return;
  StructReader<T> fields(*this, node, out);
  Fields(fields, Of<T>{});
  fields.RefuseOthers();
}

}  // namespace tinyforge::codec
