#include <algorithm>
#include <optional>
#include <vector>

#include "api-types/codec/kind_schema.h"
#include "api-types/codec/schema.h"
#include "api-types/codec/schema_writer.h"
#include "api-types/codec/suggestion.h"
#include "api-types/doc/json.h"

namespace tinyforge::codec {
namespace {

constexpr std::size_t kWidth = 78;

std::optional<Kind> KindOf(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (lower.ends_with('s')) lower.pop_back();
  if (lower == "workload" || lower == "wl") return Kind::Workload;
  if (lower == "trigger") return Kind::Trigger;
  if (lower == "binding") return Kind::Binding;
  if (lower == "secret") return Kind::Secret;
  return std::nullopt;
}

std::string TextOf(const doc::Node& schema, std::string_view key) {
  const doc::Node* node = schema.Find(key);
  return node == nullptr ? "" : node->text;
}

// The properties of an object or of the items of a list.
const doc::Node* PropertiesOf(const doc::Node& schema) {
  const doc::Node* items = schema.Find("items");
  return (items != nullptr ? *items : schema).Find("properties");
}

bool IsRequired(const doc::Node& schema, std::string_view name) {
  const doc::Node* items = schema.Find("items");
  const doc::Node* required = (items != nullptr ? *items : schema).Find("required");
  return required != nullptr && std::any_of(required->items.begin(), required->items.end(),
                                            [&](const doc::Node& item) { return item.text == name; });
}

// Words of `text` in lines, each behind `indent`.
std::string Wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (column == 0 || column + 1 + word.size() > kWidth) {
      out += (out.empty() ? "" : "\n") + std::string(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

std::string Values(const doc::Node& schema) {
  const doc::Node* values = schema.Find("enum");
  if (values == nullptr) return {};
  std::string text;
  for (const doc::Node& value : values->items) text += (text.empty() ? "" : ", ") + value.text;
  return text;
}

std::string Range(const doc::Node& schema) {
  const doc::Node* min = schema.Find("minimum");
  const doc::Node* max = schema.Find("maximum");
  if (min == nullptr || TextOf(schema, kTypeWord) != "integer") return {};
  return max == nullptr ? "at least " + min->text : min->text + " to " + max->text;
}

std::string Heading(std::string_view name, const std::string& value) {
  return value.empty() ? "" : std::string(name) + std::string(14 - name.size(), ' ') + value + "\n";
}

std::string FieldList(const doc::Node& schema) {
  const doc::Node* properties = PropertiesOf(schema);
  if (properties == nullptr) return {};
  std::string text = "\nFIELDS:\n";
  for (const auto& member : properties->members) {
    text += "  " + member.key + " <" + TextOf(member.value, kTypeWord) + ">";
    text += IsRequired(schema, member.key) ? " -required-\n" : "\n";
    text += Wrap(TextOf(member.value, "description"), 4);
  }
  return text;
}

std::string Page(Kind kind, std::string_view path, const doc::Node& schema) {
  std::string text = Heading("KIND:", std::string(ToString(kind))) + Heading("VERSION:", std::string(kApiVersion));
  if (!path.empty()) text += Heading("FIELD:", std::string(path) + " <" + TextOf(schema, kTypeWord) + ">");
  text += Heading("VALUES:", Values(schema)) + Heading("RANGE:", Range(schema));
  if (const doc::Node* standard = schema.Find("default"))
    text += Heading("DEFAULT:", standard->type == doc::Type::String ? standard->text : doc::CanonicalJson(*standard));
  text += "\nDESCRIPTION:\n" + Wrap(TextOf(schema, "description"), 4);
  return text + FieldList(schema);
}

Error Unknown(std::string_view place, std::string_view part, const doc::Node* properties) {
  std::string message = std::string(place) + " has no field \"" + std::string(part) + "\"";
  std::vector<std::string_view> names;
  if (properties != nullptr)
    for (const auto& member : properties->members) names.push_back(member.key);
  if (const auto nearest = Nearest(part, names); !nearest.empty()) {
    message += "; did you mean \"" + std::string(nearest) + "\"?";
  } else if (!names.empty()) {
    message += "; it has";
    for (const auto name : names) message += (name == names.front() ? " " : ", ") + std::string(name);
  }
  return {ErrorKind::NotFound, std::move(message)};
}

}  // namespace

Expected<std::string> Explain(std::string_view path) {
  const std::string_view word = path.substr(0, path.find('.'));
  const auto kind = KindOf(word);
  if (!kind)
    return Error{ErrorKind::NotFound,
                 "no kind \"" + std::string(word) + "\"; the kinds are workload, trigger, binding, secret"};
  const doc::Node root = KindSchema(*kind);
  const doc::Node* at = &root;
  std::string_view rest = path.substr(std::min(word.size() + 1, path.size()));
  const std::string_view fields = rest;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find_first_of(".["));
    const doc::Node* properties = PropertiesOf(*at);
    const doc::Node* next = properties == nullptr ? nullptr : properties->Find(part);
    if (next == nullptr) return Unknown(path.substr(0, path.size() - rest.size() - 1), part, properties);
    at = next;
    rest.remove_prefix(std::min(rest.find('.'), rest.size()));
    if (!rest.empty()) rest.remove_prefix(1);
  }
  return Page(*kind, fields, *at);
}

}  // namespace tinyforge::codec
