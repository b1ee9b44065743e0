#include "controller/cmd/tfctl/yaml_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tinyforge::tfctl {
namespace {

// Words that YAML 1.1 or 1.2 readers take for something else than text.
bool IsReserved(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kWords[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"};
  return std::ranges::find(kWords, text) != std::end(kWords);
}

bool IsPlain(const std::string& text) {
  if (text.empty() || IsReserved(text)) return false;
  constexpr std::string_view kOnlyInside = "-?:,[]{}#&*!|>'\"%@`.+ 0123456789=<";
  if (kOnlyInside.find(text.front()) != std::string_view::npos || text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string::npos || text.find(" #") != std::string::npos) return false;
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
}

// A text of several lines that a literal block scalar can hold as it is.
bool IsBlock(const std::string& text) {
  if (text.find('\n') == std::string::npos || text.front() == ' ' || text.front() == '\n') return false;
  return std::ranges::none_of(text, [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\n') || c == 127; });
}

std::string Block(const std::string& text, std::size_t indent) {
  std::string out = text.ends_with("\n\n") ? "|+" : text.ends_with('\n') ? "|" : "|-";
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    out += '\n';
    if (end > start) out.append(indent, ' ').append(text, start, end - start);
    start = end + 1;
  }
  return out;
}

std::string Scalar(const Json& value, std::size_t indent) {
  if (!value.is_string()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto& text = value.get_ref<const std::string&>();
  if (IsPlain(text)) return text;
  if (IsBlock(text)) return Block(text, indent);
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);  // a JSON string is a YAML double-quoted one
}

std::string Key(const std::string& key) {
  const bool numeric = !key.empty() && std::ranges::all_of(key, [](unsigned char c) { return std::isdigit(c) != 0; });
  return IsPlain(key) && !numeric ? key : Json(key).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Write(const Json& value, std::size_t indent, std::string& out);

void WriteMember(const std::string& key, const Json& value, std::size_t indent, std::string& out) {
  out += Key(key) + ":";
  if (value.is_structured() && !value.empty()) {
    out += '\n';
    // kubectl and people write lists at the indent of their key.
    const std::size_t inner = value.is_array() ? indent : indent + 2;
    out.append(inner, ' ');
    return Write(value, inner, out);
  }
  out += ' ';
  Write(value, indent + 2, out);
}

// The cursor stands at column `indent` already; ends with a line feed.
void Write(const Json& value, std::size_t indent, std::string& out) {
  if (!value.is_structured() || value.empty()) {
    out += Scalar(value, indent) + "\n";
    return;
  }
  bool first = true;
  for (const auto& [key, member] : value.items()) {
    if (!std::exchange(first, false)) out.append(indent, ' ');
    if (value.is_object()) {
      WriteMember(key, member, indent, out);
    } else {
      out += "- ";
      Write(member, indent + 2, out);
    }
  }
}

}  // namespace

std::string ToYaml(const Json& json) {
  std::string out;
  Write(json, 0, out);
  return out;
}

}  // namespace tinyforge::tfctl
