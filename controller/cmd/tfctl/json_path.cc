#include "controller/cmd/tfctl/json_path.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace tinyforge::tfctl {
namespace {

using Values = std::vector<const Json*>;

Error Bad(std::string_view part) {
  return {ErrorKind::Invalid, "jsonpath: did not understand \"" + std::string(part) + "\""};
}

std::string Show(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? std::string() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Join(const Values& values) {
  std::string text;
  for (const Json* value : values) text.append(text.empty() ? "" : " ").append(Show(*value));
  return text;
}

Values Members(const Values& values, std::string_view key) {
  Values found;
  for (const Json* value : values) {
    if (!value->is_object()) continue;
    if (const auto it = value->find(key); it != value->end()) found.push_back(&*it);
  }
  return found;
}

Values Everything(const Values& values) {
  Values found;
  for (const Json* value : values) {
    if (!value->is_structured()) continue;
    for (const auto& item : *value) found.push_back(&item);
  }
  return found;
}

Values Element(const Values& values, std::int64_t index) {
  Values found;
  for (const Json* value : values) {
    if (!value->is_array()) continue;
    const auto size = static_cast<std::int64_t>(value->size());
    const std::int64_t at = index < 0 ? size + index : index;
    if (at >= 0 && at < size) found.push_back(&(*value)[static_cast<std::size_t>(at)]);
  }
  return found;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<std::string> Quoted(std::string_view text) {
  if (text.size() < 2 || (text.front() != '"' && text.front() != '\'') || text.back() != text.front())
    return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != '\\' || i + 2 >= text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    out += next == 'n' ? '\n' : next == 't' ? '\t' : next;
  }
  return out;
}

Expected<Values> Walk(Values values, std::string_view path);

// "?(@.type=="Ready")": the elements for which it holds.
Expected<Values> Filter(const Values& values, std::string_view test) {
  const std::string_view inside = Trim(test.substr(2, test.size() - 3));
  const std::size_t at = std::min(inside.find("=="), inside.find("!="));
  if (at == std::string_view::npos || !inside.starts_with('@')) return Bad(test);
  const auto literal = Trim(inside.substr(at + 2));
  const std::string wanted = Quoted(literal).value_or(std::string(literal));
  Values found;
  for (const Json* item : Everything(values)) {
    auto side = Walk({item}, Trim(inside.substr(1, at - 1)));
    if (!side) return side;
    const bool same = !side->empty() && Show(*side->front()) == wanted;
    if (same == (inside[at] == '=')) found.push_back(item);
  }
  return found;
}

Expected<Values> Bracket(const Values& values, std::string_view inside) {
  if (inside == "*") return Everything(values);
  if (const auto key = Quoted(inside)) return Members(values, *key);
  if (inside.starts_with("?(") && inside.ends_with(')')) return Filter(values, inside);
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
  if (inside.empty() || error != std::errc() || end != inside.data() + inside.size()) return Bad(inside);
  return Element(values, index);
}

// Where the bracket that opens at `path[0]` closes; quotes hide brackets.
std::size_t ClosingBracket(std::string_view path) {
  char quote = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (quote != 0) {
      if (path[i] == quote) quote = 0;
    } else if (path[i] == '"' || path[i] == '\'') {
      quote = path[i];
    } else if (path[i] == ']') {
      return i;
    }
  }
  return std::string_view::npos;
}

Expected<Values> Walk(Values values, std::string_view path) {
  while (!path.empty()) {
    if (path.front() == '[') {
      const std::size_t end = ClosingBracket(path);
      if (end == std::string_view::npos) return Bad(path);
      auto next = Bracket(values, path.substr(1, end - 1));
      if (!next) return next;
      values = std::move(*next);
      path.remove_prefix(end + 1);
      continue;
    }
    if (path.front() == '.') path.remove_prefix(1);
    const std::size_t end = std::min(path.find_first_of(".["), path.size());
    const std::string_view key = path.substr(0, end);
    if (key.empty() && end != path.size()) return Bad(path);
    if (!key.empty()) values = key == "*" ? Everything(values) : Members(values, key);
    path.remove_prefix(end);
  }
  return values;
}

Expected<Values> FromRoot(const Json& json, std::string_view path) {
  if (path.starts_with('$') || path.starts_with('@')) path.remove_prefix(1);
  return Walk({&json}, path);
}

// Text and brace groups in their order.
struct Piece {
  bool expression = false;
  std::string text;
};

Expected<std::vector<Piece>> Split(std::string_view text) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    if (open > 0) pieces.push_back({false, std::string(text.substr(0, open))});
    if (open == text.size()) break;
    char quote = 0;
    std::size_t close = open + 1;
    for (; close < text.size() && (quote != 0 || text[close] != '}'); ++close) {
      if (quote != 0 ? text[close] == quote : (text[close] == '"' || text[close] == '\''))
        quote = quote != 0 ? '\0' : text[close];
    }
    if (close == text.size()) return Bad(text);
    pieces.push_back({true, std::string(Trim(text.substr(open + 1, close - open - 1)))});
    text.remove_prefix(close + 1);
  }
  return pieces;
}

class Evaluator {
 public:
  explicit Evaluator(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  Expected<std::string> Run(const Json& json) {
    auto out = Range(json, 0, pieces_.size());
    return out;
  }

 private:
  // The `end` that closes the range at `begin`.
  std::optional<std::size_t> MatchingEnd(std::size_t begin) const {
    int depth = 0;
    for (std::size_t i = begin; i < pieces_.size(); ++i) {
      if (!pieces_[i].expression) continue;
      if (pieces_[i].text.starts_with("range ")) ++depth;
      if (pieces_[i].text == "end" && --depth == 0) return i;
    }
    return std::nullopt;
  }

  Expected<std::string> Range(const Json& json, std::size_t begin, std::size_t end) const {
    std::string out;
    for (std::size_t i = begin; i < end; ++i) {
      if (!pieces_[i].expression) {
        out += pieces_[i].text;
        continue;
      }
      auto value = Expression(json, i);
      if (!value) return value;
      out += *value;
    }
    return out;
  }

  Expected<std::string> Expression(const Json& json, std::size_t& at) const {
    const std::string& text = pieces_[at].text;
    if (const auto literal = Quoted(text)) return *literal;
    const bool range = text.starts_with("range ");
    auto values = FromRoot(json, Trim(std::string_view(text).substr(range ? 6 : 0)));
    if (!values) return std::move(values).error();
    if (!range) return Join(*values);
    const auto end = MatchingEnd(at);
    if (!end) return Bad(text);
    std::string out;
    for (const Json* value : *values) {
      auto part = Range(*value, at + 1, *end);
      if (!part) return part;
      out += *part;
    }
    at = *end;
    return out;
  }

  const std::vector<Piece> pieces_;
};

}  // namespace

Expected<std::string> EvaluateTemplate(const Json& json, std::string_view text) {
  if (text.find('{') == std::string_view::npos) return EvaluatePath(json, text);
  auto pieces = Split(text);
  if (!pieces) return std::move(pieces).error();
  return Evaluator(std::move(*pieces)).Run(json);
}

Expected<std::string> EvaluatePath(const Json& json, std::string_view path) {
  if (path.starts_with('{') && path.ends_with('}')) path = path.substr(1, path.size() - 2);
  auto values = FromRoot(json, path);
  if (!values) return std::move(values).error();
  return Join(*values);
}

}  // namespace tinyforge::tfctl
