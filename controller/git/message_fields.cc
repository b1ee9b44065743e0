#include "controller/git/message_fields.h"

#include <charconv>
#include <utility>

namespace tinyforge::git {

FieldWriter& FieldWriter::Text(std::string_view key, std::string_view value) {
  out_.append(key).append("=").append(value.substr(0, value.find('\0'))).push_back('\0');
  return *this;
}

std::optional<FieldReader> FieldReader::Open(std::string_view bytes, std::size_t max) {
  if (bytes.empty() || bytes.size() > max || bytes.back() != '\0') return std::nullopt;
  Fields fields;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\0');
    const std::string_view field = bytes.substr(0, end);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    if (!fields.emplace(field.substr(0, equals), field.substr(equals + 1)).second) return std::nullopt;
    bytes.remove_prefix(end + 1);
  }
  return FieldReader(std::move(fields));
}

std::string FieldReader::Text(std::string_view key) {
  const auto it = fields_.find(key);
  if (it == fields_.end()) {
    good_ = false;
    return {};
  }
  std::string value = std::move(it->second);
  fields_.erase(it);
  return value;
}

std::uint64_t FieldReader::Number(std::string_view key) {
  const std::string text = Text(key);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) good_ = false;
  return value;
}

std::size_t FieldReader::Count(std::string_view key, std::size_t max) {
  const std::uint64_t value = Number(key);
  if (value <= max) return static_cast<std::size_t>(value);
  good_ = false;
  return 0;
}

}  // namespace tinyforge::git
