// JSON in and out. Reading is as strict and bounded as ParseYaml; writing never fails.
#pragma once

#include <string>
#include <string_view>

#include "api-types/doc/node.h"
#include "api-types/meta/error.h"

namespace tinyforge::doc {

// RFC 8259 text. Refuses duplicate keys, invalid UTF-8 and what exceeds the limits (`documents` has no meaning here).
// Nodes carry no position; the message of an error names line and column. Never throws.
//
// A number that a double cannot hold is too large. So are, whatever their value, zero with an exponent above 308
// (0e999) and whole parts of more than 308 digits whose exponent is negative: RapidJSON reads them so, and nobody
// writes them.
Expected<Node> ParseJson(std::string_view text, const Limits& limits = {});

// Keys sorted by bytes, no white space, the shortest form of each number that reads back the same, UTF-8 as it is.
// Equal documents give equal text, so it is what is hashed and compared.
std::string CanonicalJson(const Node& node);

// Two spaces an indent, keys in the order of the node, a line feed at the end.
std::string PrettyJson(const Node& node);

// Appends the text as a string of JSON, in the form of CanonicalJson.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace tinyforge::doc
