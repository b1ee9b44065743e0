// The vocabulary of the field lists (*_fields.h). A list names each field of a type once, with its manifest key, its
// documentation and its rule; decoder, encoder, schema and explain are visitors of it, so that they cannot disagree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace tinyforge::codec {

// What a string must look like.
struct TextFormat {
  std::string_view expected;  // completes "expected …"
  bool (*valid)(std::string_view text);
  std::string_view pattern;  // for the schema: an ECMA 262 expression; empty: not said there
};

// How an integer is written as text.
struct NumberFormat {
  std::string_view expected;
  std::optional<std::int64_t> (*parse)(std::string_view text);
  std::string (*print)(std::int64_t value);
  std::string_view type;  // for explain: "quantity"
  std::string_view pattern;
  bool allows_number;  // a YAML number is taken as its text
};

// The rule of one field. For lists and maps `text` is that of each item or value. Durations count in milliseconds.
struct Rule {
  std::string_view doc;
  bool required = false;
  const TextFormat* text = nullptr;
  const TextFormat* key = nullptr;  // of a map's keys
  const NumberFormat* number = nullptr;
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::size_t min_items = 0;
  std::string_view wrapper;  // the value stands one level deeper, under this key, alone
  bool alternative = false;  // exactly one of the fields so marked is set
  bool json = false;         // any mapping, held as canonical JSON of at most `max` bytes
};

// Names a type in a call of Fields(): `Fields(visitor, Of<v1::Port>{})`.
template <class T>
struct Of {};

}  // namespace tinyforge::codec
