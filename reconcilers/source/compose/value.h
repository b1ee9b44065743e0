// A cursor over the merged tree of a project: a node, its place in words, and where problems are noted. Reading
// functions answer nothing after they have noted what is wrong, so that one decoding finds all problems.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api-types/codec/field.h"
#include "api-types/doc/node.h"
#include "api-types/meta/time.h"

namespace tinyforge::compose {

struct Problem {
  doc::Mark mark;
  std::string field;  // "services.web.ports[0]"
  std::string message;
};

// The most problems that one decoding notes.
inline constexpr std::size_t kMaxProblems = 100;

// Points into the tree, which has to outlive it, as has the list of problems.
class Value {
 public:
  Value(const doc::Node& node, std::string field, std::vector<Problem>& problems)
      : node_(&node), field_(std::move(field)), problems_(&problems) {}

  const doc::Node& node() const { return *node_; }
  const std::string& field() const { return field_; }
  doc::Type type() const { return node_->type; }
  bool Is(doc::Type type) const { return node_->type == type; }

  void Fail(std::string message) const;
  // No more problems are noted; what would be said of one need not be worked out.
  bool Full() const { return problems_->size() >= kMaxProblems; }
  // "expected <expected>, got <the value>"
  void Mismatch(std::string_view expected) const;

  // Scalars. Numbers and booleans may stand in a string, since interpolation makes strings; a number is no string where
  // the specification asks for one.
  std::optional<std::string> Text() const;    // no secret in it
  std::optional<std::string> Word() const;    // the same, not empty
  std::optional<std::string> Scalar() const;  // a string, or a number or a boolean as it is written; no secret in it
  std::optional<std::string> SecretScalar() const;  // the same, and secrets may stand in it
  std::optional<bool> Boolean() const;
  std::optional<std::int64_t> Integer(std::int64_t min, std::int64_t max) const;
  std::optional<Duration> Time() const;  // "1m30s", the specification's durations, of whole milliseconds
  std::optional<std::chrono::nanoseconds> Nanoseconds() const;  // the same, any
  std::optional<std::int64_t> Bytes() const;     // "64m", the specification's byte values; a number counts bytes
  std::optional<std::int64_t> NanoCpus() const;  // "0.5"
  std::optional<std::uint32_t> Mode() const;     // permission bits in octal
  std::optional<std::vector<std::string>> Texts() const;  // a list of strings
  std::optional<std::vector<std::string>> TextOrTexts() const;

  // Reads a text that a format allows: Take("user", user, Value::Of(codec::format::kUser)).
  static std::function<std::optional<std::string>(const Value&)> Of(const codec::TextFormat& format);

  // The index of the text in `words`.
  std::optional<std::size_t> OneOf(const std::vector<std::string_view>& words) const;

  // The items of a list; complains about anything else, and is empty then.
  std::vector<Value> Items() const;

  // One member of a mapping with keys of the user's.
  struct Entry;
  // The members of a mapping; complains about anything else. Keys x-… are left out where `extensions` says so.
  std::vector<Entry> Entries(bool extensions = false) const;

  Value At(const doc::Node::Member& member) const;     // the value of a member
  Value OfKey(const doc::Node::Member& member) const;  // for a problem with the key: its place

 private:
  Value(const doc::Node& node, std::string field, std::vector<Problem>& problems, doc::Mark mark)
      : node_(&node), field_(std::move(field)), problems_(&problems), mark_(mark) {}

  const doc::Node* node_;
  std::string field_;
  std::vector<Problem>* problems_;
  std::optional<doc::Mark> mark_;
};

struct Value::Entry {
  std::string key;
  Value value;
};

// The text as a JSON string of at most 60 characters, for messages; secrets stand as (secret).
std::string Quoted(std::string_view text);

}  // namespace tinyforge::compose
