// A mapping whose keys the table of keys.h knows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "reconcilers/source/compose/keys.h"
#include "reconcilers/source/compose/value.h"

namespace tinyforge::compose {

// Notes keys that are unknown, not done here, or without a value. Keys x-… and those of the loader are passed over.
class Section {
 public:
  // `path` is that of a section of the table.
  Section(const Value& value, std::string_view path);

  const Value& value() const { return value_; }
  const KeySection& keys() const { return keys_; }

  // The value of a key that the table knows and does; nothing when it is not there.
  std::optional<Value> Find(std::string_view name) const;

  // The value of a key that has to be there; notes when it is not.
  std::optional<Value> Require(std::string_view name) const;

  // `out` becomes what `read` makes of the key's value, where it is there and can be read.
  template <class T, class Read>
  void Take(std::string_view name, T& out, Read&& read) const {
    if (const auto value = Find(name))
      if (auto result = std::invoke(read, *value)) out = static_cast<T>(*std::move(result));
  }

  // The same, where the empty text says as much as no key: what interpolation makes of "${PLATFORM:-}".
  template <class T, class Read>
  void TakeText(std::string_view name, T& out, Read&& read) const {
    const auto value = Find(name);
    const bool empty = value && value->Is(doc::Type::String) && value->node().text.empty();
    if (!empty) Take(name, out, std::forward<Read>(read));
  }

  // Notes what is wrong with a value that nothing else reads.
  template <class Read>
  void Check(std::string_view name, Read&& read) const {
    if (const auto value = Find(name)) std::invoke(read, *value);
  }

  void TakeInteger(std::string_view name, auto& out, std::int64_t min, std::int64_t max) const {
    Take(name, out, [&](const Value& value) { return value.Integer(min, max); });
  }

 private:
  void CheckMember(const doc::Node::Member& member) const;
  void Unknown(const doc::Node::Member& member) const;

  Value value_;
  const KeySection& keys_;
};

}  // namespace tinyforge::compose
