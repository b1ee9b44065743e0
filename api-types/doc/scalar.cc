#include "api-types/doc/scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace tinyforge::doc {
namespace {

std::optional<bool> AsBool(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::int64_t> AsInt(std::string_view text) {
  int base = 10;
  std::string_view digits = text;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    digits.remove_prefix(2);
    if (digits.empty() || digits.front() == '-') return std::nullopt;
  } else {
    if (digits.starts_with('+')) digits.remove_prefix(1);
    if (!AllDigits(digits.starts_with('-') && digits.size() == text.size() ? digits.substr(1) : digits))
      return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
std::optional<double> AsFloat(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view unsigned_part = text.starts_with('-') ? text.substr(1) : text;
  if (unsigned_part.empty() || unsigned_part == "." ||
      unsigned_part.find_first_not_of("0123456789.eE+-") != std::string_view::npos)
    return std::nullopt;
  const char first = unsigned_part.front();
  if (first != '.' && (first < '0' || first > '9')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::general);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

Node TypePlainScalar(std::string text) {
  Node node;
  const char first = text.empty() ? 'x' : text.front();
  const bool numeric = (first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.';
  if (numeric) {
    if (const auto integer = AsInt(text)) {
      node.type = Type::Int;
      node.integer = *integer;
    } else if (const auto number = AsFloat(text)) {
      node.type = Type::Float;
      node.number = *number;
    } else {
      node.type = Type::String;
    }
  } else if (const auto boolean = AsBool(text)) {
    node.type = Type::Bool;
    node.boolean = *boolean;
  } else {
    node.type = Type::String;
  }
  node.text = std::move(text);
  return node;
}

}  // namespace tinyforge::doc
