// What is checked on the bytes of a YAML file before the parser runs. Each is one linear pass without allocation.
#pragma once

#include <optional>
#include <string_view>

#include "api-types/doc/node.h"
#include "api-types/doc/yaml.h"

namespace tinyforge::doc {

// Refuses invalid UTF-8 (overlong forms and surrogates too) and control characters other than tab and line ends.
std::optional<ParseError> CheckCharacters(std::string_view bytes);

// Refuses brackets nested deeper than `depth`. The parser reads a whole bracketed value ahead, so this must not be left
// to it. Knows quotes, comments and block scalars; what it takes for a bracket too many costs at most one level.
std::optional<ParseError> CheckFlowDepth(const YamlText& document, std::size_t depth);

}  // namespace tinyforge::doc
