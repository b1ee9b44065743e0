// A scalar as it stands in the text of a YAML file: its bytes, found by the mark of its node, and what to write in
// their place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api-types/doc/node.h"
#include "api-types/doc/yaml.h"

namespace tinyforge::doc {

// The styles that stand between two bytes of the text (YAML 1.2.2 chapter 7); block scalars do not.
enum class ScalarStyle { Plain, SingleQuoted, DoubleQuoted };

// The bytes of a scalar, quotes included.
struct ScalarSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  ScalarStyle style = ScalarStyle::Plain;
  bool operator==(const ScalarSpan&) const = default;
};

// Where in `document.text` a mark of one of its nodes or keys points; the text's size when it is none of it.
std::size_t OffsetOf(const YamlText& document, Mark mark);

// The scalar that begins at `begin` and reads as `value`. Empty for a block scalar, a plain scalar on several lines,
// and what is no scalar.
std::optional<ScalarSpan> FindScalar(std::string_view text, std::size_t begin, std::string_view value);

// Whether `value` without quotes reads as the same string, for us and for readers of YAML 1.1 too, to whom `on`, `010`,
// `1_000`, `1:30`, `12e7` and `2024-01-02` are none. `flow`: between brackets, where , ? [ ] { } end it.
bool ReadsAsItself(std::string_view value, bool flow);

// `value` in the style asked for, or between double quotes where that style would read as something else.
std::string WriteScalar(std::string_view value, ScalarStyle style, bool flow);

}  // namespace tinyforge::doc
