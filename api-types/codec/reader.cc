#include "api-types/codec/reader.h"

#include <algorithm>

#include "api-types/codec/formats.h"
#include "api-types/codec/suggestion.h"
#include "api-types/doc/json.h"

namespace tinyforge::codec {
namespace {

constexpr std::size_t kMaxProblems = 100;
constexpr std::size_t kMaxQuoted = 60;
constexpr std::size_t kMaxListed = 12;

bool IsWord(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

std::string Quote(std::string_view text) {
  std::string_view shown = text.substr(0, kMaxQuoted);
  // Not in the middle of a character.
  while (shown.size() < text.size() && !shown.empty() &&
         (static_cast<unsigned char>(text[shown.size()]) & 0xC0U) == 0x80U)
    shown.remove_suffix(1);
  const std::string quoted = doc::CanonicalJson(doc::Node::Of(std::string(shown)));
  return shown.size() == text.size() ? quoted : quoted + "…";
}

std::string Got(const doc::Node& node) {
  switch (node.type) {
    case doc::Type::String: return Quote(node.text);
    case doc::Type::Int:
    case doc::Type::Float: return node.text;
    case doc::Type::Bool: return node.boolean ? "true" : "false";
    default: return std::string(Describe(node.type));
  }
}

bool IsNumber(const doc::Node& node) {
  return node.type == doc::Type::Int || node.type == doc::Type::Float;
}

std::string Join(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::string Range(const Rule& rule) {
  constexpr auto kNone = std::numeric_limits<std::int64_t>::max();
  if (rule.min == std::numeric_limits<std::int64_t>::min()) return "a whole number";
  if (rule.max == kNone) return "a whole number of at least " + std::to_string(rule.min);
  return "a number from " + std::to_string(rule.min) + " to " + std::to_string(rule.max);
}

}  // namespace

void AppendKey(std::string& path, std::string_view key) {
  if (!IsWord(key)) {
    path += "[" + Quote(key) + "]";
    return;
  }
  if (!path.empty()) path += '.';
  path += key;
}

std::string Reader::Path() const {
  std::string path;
  for (const Segment& segment : path_) {
    if (!segment.key.empty()) {
      AppendKey(path, segment.key);
    } else if (&segment != &path_.front()) {
      path += "[" + std::to_string(segment.index) + "]";
    }
  }
  return path;
}

void Reader::Fail(doc::Mark mark, std::string message) {
  if (problems_.size() < kMaxProblems) problems_.push_back({mark, Path(), std::move(message)});
}

void Reader::Mismatch(const doc::Node& node, std::string_view expected) {
  Fail(node.mark, "expected " + std::string(expected) + ", got " + Got(node));
}

bool Reader::ExpectMap(const doc::Node& node) {
  if (node.type == doc::Type::Map) return true;
  Mismatch(node, "a mapping");
  return false;
}

bool Reader::ExpectList(const doc::Node& node, const Rule& rule) {
  if (node.type != doc::Type::List) {
    Mismatch(node, "a list");
    return false;
  }
  if (node.items.size() < rule.min_items)
    Fail(node.mark, "expected at least one item, got an empty list; remove the key to omit it");
  return true;
}

void Reader::Missing(const doc::Node& map, std::string_view key) {
  Enter(key);
  Fail(map.mark, "is required but missing");
  Leave();
}

void Reader::Unknown(const doc::Node::Member& member, const std::vector<std::string_view>& known) {
  std::string message = "unknown key";
  if (const std::string_view nearest = Nearest(member.key, known); !nearest.empty()) {
    message += "; did you mean \"" + std::string(nearest) + "\"?";
  } else if (known.empty()) {
    message += "; expected no keys";
  } else if (known.size() <= kMaxListed) {
    message += "; known keys: " + Join(known);
  } else {
    message += "; tfctl explain lists the known ones";
  }
  Enter(member.key);
  Fail(member.mark, std::move(message));
  Leave();
}

void Reader::ReadText(const doc::Node& node, std::string& out, const Rule& rule) {
  if (node.type != doc::Type::String) {
    const bool scalar = node.type == doc::Type::Bool || IsNumber(node);
    const std::string written = IsNumber(node) || !node.text.empty() ? node.text : Got(node);
    Mismatch(node, "a string");
    if (scalar && problems_.size() < kMaxProblems)
      problems_.back().message += "; put it in quotes: \"" + written + "\"";
    return;
  }
  if (rule.text != nullptr && !rule.text->valid(node.text)) return Mismatch(node, rule.text->expected);
  out = node.text;
}

void Reader::ReadJson(const doc::Node& node, std::string& out, const Rule& rule) {
  if (!ExpectMap(node)) return;
  std::string text = doc::CanonicalJson(node);
  if (static_cast<std::int64_t>(text.size()) > rule.max)
    return Fail(node.mark, "has " + std::to_string(text.size()) + " bytes as JSON; at most " +
                               std::to_string(rule.max) + " are allowed");
  out = std::move(text);
}

void Reader::ReadBool(const doc::Node& node, bool& out) {
  if (node.type == doc::Type::Bool) {
    out = node.boolean;
  } else {
    Mismatch(node, "true or false");
  }
}

std::optional<std::int64_t> Reader::ReadInteger(const doc::Node& node, const Rule& rule) {
  if (node.type == doc::Type::Int && node.integer >= rule.min && node.integer <= rule.max) return node.integer;
  Mismatch(node, Range(rule));
  return std::nullopt;
}

std::optional<std::int64_t> Reader::ReadNumberText(const doc::Node& node, const NumberFormat& format) {
  const bool readable = node.type == doc::Type::String || (format.allows_number && IsNumber(node));
  const auto value = readable ? format.parse(node.text) : std::nullopt;
  if (!value) Mismatch(node, format.expected);
  return value;
}

void Reader::ReadDuration(const doc::Node& node, Duration& out, const Rule& rule) {
  const bool zero = node.type == doc::Type::Int && node.integer == 0;
  const auto value = node.type == doc::Type::String || zero ? ParseDuration(node.text) : std::nullopt;
  if (!value) return Mismatch(node, "a duration such as 30s, 5m or 1h30m");
  if (value->count() < rule.min || value->count() > rule.max)
    return Mismatch(
        node, "a duration from " + FormatDuration(Duration(rule.min)) + " to " + FormatDuration(Duration(rule.max)));
  out = *value;
}

void Reader::ReadTime(const doc::Node& node, SysTime& out) {
  const auto value = node.type == doc::Type::String ? ParseRfc3339(node.text) : std::nullopt;
  if (!value) return Mismatch(node, "a time such as 2026-01-02T03:04:05Z");
  out = *value;
}

void Reader::ReadStrings(const doc::Node& node, StringMap& out, const Rule& rule) {
  if (!ExpectMap(node)) return;
  if (node.members.size() < rule.min_items) Fail(node.mark, "expected at least one key, got an empty mapping");
  for (const doc::Node::Member& member : node.members) {
    if (rule.key != nullptr && !rule.key->valid(member.key)) {
      Fail(member.mark, "expected " + std::string(rule.key->expected) + " as key, got " + Quote(member.key));
      continue;
    }
    Enter(member.key);
    Read(member.value, out[member.key], rule);
    Leave();
  }
}

void Reader::ReadPath(const doc::Node& node, std::string& out) {
  ReadText(node, out, {.doc = {}, .text = &format::kRepositoryPath});
}

void Reader::ReadOnChange(const doc::Node& node, v1::OnFileChange& out) {
  constexpr std::string_view kExpected = "Recreate, None or {signal: NAME}";
  if (node.type == doc::Type::String && node.text == "Recreate") {
    out = {};
  } else if (node.type == doc::Type::String && node.text == "None") {
    out = {.action = v1::FileChange::None, .signal = {}};
  } else if (const doc::Node* signal = node.Find("signal"); signal != nullptr && node.members.size() == 1) {
    out.action = v1::FileChange::Signal;
    Enter("signal");
    Read(*signal, out.signal, {.doc = {}, .text = &format::kSignal});
    Leave();
  } else {
    Mismatch(node, kExpected);
  }
}

void Reader::UnknownName(const doc::Node& node, const std::vector<std::string_view>& names) {
  const std::size_t before = problems_.size();
  Mismatch(node, (names.size() == 1 ? "" : "one of ") + Join(names));
  if (node.type != doc::Type::String || problems_.size() == before) return;
  if (const std::string_view nearest = Nearest(node.text, names); !nearest.empty())
    problems_.back().message += "; did you mean " + std::string(nearest) + "?";
}

}  // namespace tinyforge::codec
