#include "reconcilers/source/compose/value.h"

#include <algorithm>
#include <charconv>

#include "api-types/codec/quantity.h"
#include "api-types/codec/reader.h"
#include "api-types/codec/suggestion.h"
#include "api-types/doc/json.h"
#include "reconcilers/source/compose/scalar.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/compose/units.h"

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxQuoted = 60;

std::string Got(const doc::Node& node) {
  switch (node.type) {
    case doc::Type::String: return Quoted(node.text);
    case doc::Type::Int:
    case doc::Type::Float: return node.text;
    case doc::Type::Bool: return node.boolean ? "true" : "false";
    default: return std::string(Describe(node.type));
  }
}

bool IsNumber(const doc::Node& node) {
  return node.type == doc::Type::Int || node.type == doc::Type::Float;
}

std::string Range(std::int64_t min, std::int64_t max) {
  if (max == std::numeric_limits<std::int64_t>::max()) return "a whole number of at least " + std::to_string(min);
  return "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

std::optional<std::int64_t> WholeNumber(const doc::Node& node) {
  if (node.type == doc::Type::Int) return node.integer;
  if (node.type != doc::Type::String) return std::nullopt;
  std::int64_t number = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [rest, error] = std::from_chars(node.text.data(), end, number);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return number;
}

}  // namespace

std::string Quoted(std::string_view text) {
  const std::string whole = PrintMarks(text);
  std::string_view shown = std::string_view(whole).substr(0, kMaxQuoted);
  // Not in the middle of a character.
  while (shown.size() < whole.size() && !shown.empty() &&
         (static_cast<unsigned char>(whole[shown.size()]) & 0xC0U) == 0x80U)
    shown.remove_suffix(1);
  const std::string quoted = doc::CanonicalJson(doc::Node::Of(std::string(shown)));
  return shown.size() == whole.size() ? quoted : quoted + "…";
}

void Value::Fail(std::string message) const {
  if (!Full()) problems_->push_back({mark_.value_or(node_->mark), field_, std::move(message)});
}

void Value::Mismatch(std::string_view expected) const {
  Fail("expected " + std::string(expected) + ", got " + Got(*node_));
}

std::optional<std::string> Value::Text() const {
  if (!Is(doc::Type::String)) {
    const bool scalar = IsNumber(*node_) || Is(doc::Type::Bool);
    const std::string written = Got(*node_);
    Fail("expected a string, got " + written + (scalar ? "; put it in quotes: \"" + written + "\"" : ""));
    return std::nullopt;
  }
  if (!HasMark(node_->text)) return node_->text;
  Fail("a secret may not stand here: only in environment, and in the content of secrets and configs");
  return std::nullopt;
}

std::optional<std::string> Value::Word() const {
  std::optional<std::string> text = Text();
  if (!text || !text->empty()) return text;
  Fail("is empty; give it a value or remove the key");
  return std::nullopt;
}

std::optional<std::string> Value::Scalar() const {
  if (Is(doc::Type::String)) return Text();
  return SecretScalar();
}

std::optional<std::string> Value::SecretScalar() const {
  if (Is(doc::Type::String) || IsNumber(*node_)) return node_->text;
  if (Is(doc::Type::Bool)) return node_->boolean ? "true" : "false";
  Mismatch("a string, a number or a boolean");
  return std::nullopt;
}

std::optional<bool> Value::Boolean() const {
  if (const auto said = AsBoolean(*node_)) return said;
  Mismatch("true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Value::Integer(std::int64_t min, std::int64_t max) const {
  const std::optional<std::int64_t> number = WholeNumber(*node_);
  if (number && *number >= min && *number <= max) return number;
  Mismatch(Range(min, max));
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> Value::Nanoseconds() const {
  std::optional<std::chrono::nanoseconds> time;
  if (Is(doc::Type::Int) && node_->integer == 0) time = std::chrono::nanoseconds(0);
  if (Is(doc::Type::String)) time = ParseTime(node_->text);
  if (!time) Mismatch("a duration such as 30s, 1m30s or 500ms");
  return time;
}

std::optional<Duration> Value::Time() const {
  const auto time = Nanoseconds();
  if (!time) return std::nullopt;
  const auto whole = std::chrono::duration_cast<Duration>(*time);
  if (whole == *time) return whole;
  Mismatch("a duration of whole milliseconds, such as 30s or 500ms");
  return std::nullopt;
}

std::optional<std::int64_t> Value::Bytes() const {
  const bool scalar = Is(doc::Type::String) || IsNumber(*node_);
  const std::optional<std::int64_t> bytes = scalar ? ParseByteValue(node_->text) : std::nullopt;
  if (!bytes) Mismatch("a byte value such as 64m, 1.5gb or 4096");
  return bytes;
}

std::optional<std::int64_t> Value::NanoCpus() const {
  const bool scalar = Is(doc::Type::String) || IsNumber(*node_);
  // A number of CPUs alone: no suffix of a quantity.
  const bool plain =
      scalar && !node_->text.empty() && node_->text.find_first_not_of("0123456789.") == std::string::npos;
  const std::optional<std::int64_t> cpus = plain ? codec::ParseCpus(node_->text) : std::nullopt;
  if (!cpus) Mismatch("a number of CPUs such as 0.5 or 2");
  return cpus;
}

std::optional<std::uint32_t> Value::Mode() const {
  const bool octal = Is(doc::Type::String) || (Is(doc::Type::Int) && node_->text.starts_with('0'));
  std::string_view digits = octal ? std::string_view(node_->text) : std::string_view();
  if (digits.starts_with("0o")) digits.remove_prefix(2);
  std::uint32_t mode = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  if (error == std::errc{} && rest == digits.data() + digits.size() && mode <= 07777) return mode;
  Mismatch("permission bits in octal with a leading zero, such as 0444");
  return std::nullopt;
}

std::optional<std::vector<std::string>> Value::Texts() const {
  if (!Is(doc::Type::List)) {
    Mismatch("a list of strings");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const Value& item : Items())
    if (auto text = item.Text()) texts.push_back(*std::move(text));
  return texts;
}

std::optional<std::vector<std::string>> Value::TextOrTexts() const {
  if (Is(doc::Type::List)) return Texts();
  if (!Is(doc::Type::String)) {
    Mismatch("a string or a list of strings");
    return std::nullopt;
  }
  auto text = Text();
  if (!text) return std::nullopt;
  return std::vector<std::string>{*std::move(text)};
}

std::function<std::optional<std::string>(const Value&)> Value::Of(const codec::TextFormat& format) {
  return [&format](const Value& value) -> std::optional<std::string> {
    auto text = value.Text();
    if (!text || format.valid(*text)) return text;
    value.Mismatch(format.expected);
    return std::nullopt;
  };
}

std::optional<std::size_t> Value::OneOf(const std::vector<std::string_view>& words) const {
  const auto text = Text();
  if (!text) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string message = words.size() == 1 ? "expected " : "expected one of ";
  for (std::size_t i = 0; i < words.size(); ++i) message += (i == 0 ? "" : ", ") + std::string(words[i]);
  message += ", got " + Quoted(*text);
  const std::string_view nearest = codec::Nearest(*text, words);
  if (!nearest.empty()) message += "; did you mean " + std::string(nearest) + "?";
  Fail(std::move(message));
  return std::nullopt;
}

std::vector<Value> Value::Items() const {
  std::vector<Value> items;
  if (!Is(doc::Type::List)) {
    Mismatch("a list");
    return items;
  }
  for (const doc::Node& item : node_->items)
    items.emplace_back(item, field_ + "[" + std::to_string(items.size()) + "]", *problems_);
  return items;
}

std::vector<Value::Entry> Value::Entries(bool extensions) const {
  std::vector<Entry> entries;
  if (!Is(doc::Type::Map)) {
    Mismatch("a mapping");
    return entries;
  }
  for (const doc::Node::Member& member : node_->members)
    if (!extensions || !member.key.starts_with("x-")) entries.push_back({member.key, At(member)});
  return entries;
}

Value Value::At(const doc::Node::Member& member) const {
  std::string field = field_;
  codec::AppendKey(field, member.key);
  return {member.value, std::move(field), *problems_};
}

Value Value::OfKey(const doc::Node::Member& member) const {
  std::string field = field_;
  codec::AppendKey(field, member.key);
  return {member.value, std::move(field), *problems_, member.mark};
}

}  // namespace tinyforge::compose
