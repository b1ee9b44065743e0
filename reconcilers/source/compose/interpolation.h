// Variables in the text of compose files and env files: the page "Interpolation" of the Compose Specification.
//
//   $NAME ${NAME}    the value; empty, and noted as unset, where there is none
//   ${NAME:-text}    text where NAME is unset or empty            ${NAME-text}   where it is unset
//   ${NAME:?text}    an error with text where unset or empty      ${NAME?text}   where it is unset
//   ${NAME:+text}    text where NAME is set and not empty         ${NAME+text}   where it is set; else nothing
//   $$               a dollar sign
//
// NAME is [_a-zA-Z][_a-zA-Z0-9]*. The texts are interpolated too, and only where they are used; braces in them count in
// pairs. A dollar sign before anything else stands for itself. Values are not interpolated again.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api-types/meta/error.h"

namespace tinyforge::compose {

// The value of a variable; none: it is unset.
using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Interpolation {
  VariableLookup lookup;
  std::size_t limit = 1 << 20;    // most bytes of one result
  std::set<std::string> unset{};  // names that had neither value nor default, added to by each call
};

// Terminal for a `${` that is none of the forms, for a variable that is required, for texts nested deeper than 16
// levels, and for a result beyond the limit. The message has no place; that is the caller's.
Expected<std::string> Interpolate(std::string_view text, Interpolation& with);

// What a text is put together from, whatever of it is used: no value is looked up.
struct TextParts {
  std::vector<std::pair<std::size_t, std::size_t>> literals;  // begin and end in the text; of defaults too
  std::vector<std::string> variables;
};

// Of a text that Interpolate takes.
TextParts PartsOf(std::string_view text);

}  // namespace tinyforge::compose
