// Reads one alternative of a version range into comparators.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "reconcilers/trigger/policy/version_range.h"

namespace tinyforge {

// A version of which parts may be left open: "1.2", "1.x", "*".
struct PartialVersion {
  std::optional<std::string> major;  // empty: any
  std::optional<std::string> minor;  // empty also when major is
  std::optional<std::string> patch;
  std::vector<std::string> pre_release;  // of a whole version only

  bool IsWhole() const { return patch.has_value(); }
  // With 0 in place of what is open.
  SemanticVersion Floor() const;
};

// One pass over the text. The text must outlive it.
class RangeParser {
 public:
  // `offset`: bytes of the whole range before `text`, for error messages.
  RangeParser(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

  Expected<std::vector<Comparator>> Parse();

 private:
  Expected<void> ParseHyphen(const PartialVersion& from);
  Expected<void> ParseTerm();
  Expected<PartialVersion> ParsePartial();
  Expected<bool> ParsePart(std::optional<std::string>& out);  // false: it is open
  Expected<void> ParseQualifiers(PartialVersion& version);
  std::string_view TakeOperator();
  std::string_view TakeWord();  // of [0-9A-Za-z-] and dots
  bool AtHyphen() const;
  void SkipBlanks(bool commas);
  bool AtEnd() const { return at_ == text_.size(); }
  Error Wrong(std::string_view expected) const;

  std::string_view text_;
  std::size_t offset_;
  std::size_t at_ = 0;
  std::vector<Comparator> comparators_;
};

// What an operator ("", "=", "<", "<=", ">", ">=", "~", "~>", "^") before a partial version means.
std::vector<Comparator> Desugar(std::string_view op, const PartialVersion& version);
// "from - to"
std::vector<Comparator> DesugarHyphen(const PartialVersion& from, const PartialVersion& to);

}  // namespace tinyforge
