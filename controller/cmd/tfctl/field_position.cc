#include "controller/cmd/tfctl/field_position.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "api-types/codec/locate.h"
#include "api-types/doc/yaml.h"

namespace tinyforge::tfctl {
namespace {

// From the line of that number, from 1, on.
std::string_view FromLine(std::string_view text, std::uint32_t line) {
  for (; line > 1 && !text.empty(); --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text;
}

}  // namespace

SourcePosition PositionOf(std::string_view text, const SourcePosition& document, std::string_view field) {
  const auto documents = doc::SplitYaml(text);
  if (!std::holds_alternative<std::vector<doc::YamlText>>(documents)) return document;
  for (const doc::YamlText& each : std::get<std::vector<doc::YamlText>>(documents)) {
    const auto parsed = doc::ParseYaml(each);
    const auto* node = std::get_if<doc::Node>(&parsed);
    if (!node || node->mark != doc::Mark{document.line, document.column}) continue;
    const doc::Mark mark = codec::Locate(*node, field);
    return {document.path, mark.line, mark.column};
  }
  return document;
}

SourcePosition PositionWithin(std::string_view text, const SourcePosition& field, const SourcePosition& place) {
  const std::string_view head = FromLine(text, field.line);
  if (head.size() < field.column || head[field.column - 1] != '|') return field;
  for (std::string_view rest = FromLine(head, 2); !rest.empty(); rest = FromLine(rest, 2)) {
    const std::size_t indent = std::min(rest.find_first_not_of(' '), rest.size());
    if (indent == rest.size() || rest[indent] == '\n') continue;  // a blank line says nothing of it
    return {field.path, field.line + place.line, static_cast<std::uint32_t>(indent) + place.column};
  }
  return field;
}

}  // namespace tinyforge::tfctl
