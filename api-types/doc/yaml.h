// YAML as a subset that has one meaning: the core schema of YAML 1.2 without anchors, aliases, merge keys and tags,
// which only the dialect of compose files has.
// Guards run before the parser sees a byte, since the parser alone is neither bounded nor strict.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "api-types/doc/node.h"
#include "api-types/meta/error.h"

namespace tinyforge::doc {

// One document of a file, as text.
struct YamlText {
  std::string_view text;
  std::uint32_t line = 1;  // of its first character in the file
};

// Splits a file at its document markers ("---" and "..." at the start of a line, YAML 1.2.2 section 9.1.2), so that an
// error in one document leaves the others readable. Documents without content are left out. The texts point into
// `bytes`. Fails on what concerns the whole file: size, number of documents, characters that YAML forbids.
std::variant<std::vector<YamlText>, ParseError> SplitYaml(std::string_view bytes, const Limits& limits = {});

enum class Dialect : std::uint8_t {
  Manifest,  // the subset
  // With anchors, aliases and merge keys (`<<: *a`, `<<: [*a, *b]`; yaml.org/type/merge.html), all of them expanded,
  // and the tags !reset and !override kept on the node. Expanded values count for the limits of nodes and depth, their
  // text for that of bytes. Marks of what an alias stands for point to where it is written.
  Compose,
};

// One document. A quoted scalar is a String; a plain one is typed by the core schema (YAML 1.2.2 section 10.3.2), so
// "yes" and "0644" in octal sense do not exist. Never throws.
std::variant<Node, ParseError> ParseYaml(const YamlText& document, const Limits& limits = {},
                                         Dialect dialect = Dialect::Manifest);

// All documents of a file; the first error ends it, as "<line>:<column>: <message>".
Expected<std::vector<Node>> ParseYamlFile(std::string_view bytes, const Limits& limits = {});

}  // namespace tinyforge::doc
