#include "reconcilers/trigger/policy/range_parser.h"

#include <algorithm>
#include <array>

namespace tinyforge {
namespace {

constexpr std::string_view kBlanks = " \t";

bool IsOpen(char c) {
  return c == 'x' || c == 'X' || c == '*';
}

bool IsWordCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
}

// The beginning of a text, for messages; never half a character of UTF-8.
std::string Excerpt(std::string_view text) {
  std::size_t end = std::min<std::size_t>(text.size(), 16);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "\"" + std::string(text.substr(0, end)) + "\"";
}

}  // namespace

SemanticVersion PartialVersion::Floor() const {
  return {major.value_or("0"), minor.value_or("0"), patch.value_or("0"), pre_release};
}

Error RangeParser::Wrong(std::string_view expected) const {
  const std::string got = AtEnd() ? "the end" : Excerpt(text_.substr(at_));
  return {ErrorKind::Invalid,
          "at character " + std::to_string(offset_ + at_ + 1) + ": expected " + std::string(expected) + ", got " + got};
}

void RangeParser::SkipBlanks(bool commas) {
  while (!AtEnd() && (kBlanks.find(text_[at_]) != std::string_view::npos || (commas && text_[at_] == ','))) ++at_;
}

bool RangeParser::AtHyphen() const {
  const auto blank = [&](std::size_t at) {
    return at < text_.size() && kBlanks.find(text_[at]) != std::string_view::npos;
  };
  return at_ > 0 && blank(at_ - 1) && at_ < text_.size() && text_[at_] == '-' && blank(at_ + 1);
}

std::string_view RangeParser::TakeOperator() {
  constexpr std::array<std::string_view, 8> kOperators = {">=", "<=", "~>", ">", "<", "=", "~", "^"};
  for (const std::string_view op : kOperators) {
    if (!text_.substr(at_).starts_with(op)) continue;
    at_ += op.size();
    return op;
  }
  return "";
}

std::string_view RangeParser::TakeWord() {
  const std::size_t start = at_;
  while (!AtEnd() && IsWordCharacter(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

Expected<bool> RangeParser::ParsePart(std::optional<std::string>& out) {
  constexpr std::string_view kExpected = "a number without leading zeros, x or *";
  if (!AtEnd() && IsOpen(text_[at_])) {
    ++at_;
    return false;
  }
  std::size_t end = at_;
  while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
  const std::string_view digits = text_.substr(at_, end - at_);
  if (!IsVersionNumber(digits)) return Wrong(kExpected);
  out = digits;
  at_ = end;
  return true;
}

// "-rc.1" and "+build"; the latter says nothing in a range.
Expected<void> RangeParser::ParseQualifiers(PartialVersion& version) {
  if (!AtEnd() && text_[at_] == '-') {
    const std::size_t start = at_++;
    auto pre_release = ParsePreRelease(TakeWord());
    if (!pre_release || !version.IsWhole()) {
      at_ = start;
      return Wrong(pre_release ? "all three numbers before a pre-release" : "a pre-release such as -rc.1");
    }
    version.pre_release = std::move(*pre_release);
  }
  if (!AtEnd() && text_[at_] == '+') {
    ++at_;
    if (TakeWord().empty()) return Wrong("build metadata");
  }
  return {};
}

Expected<PartialVersion> RangeParser::ParsePartial() {
  PartialVersion version;
  if (!AtEnd() && text_[at_] == 'v') ++at_;
  bool closed = true;  // nothing so far is open
  for (auto* part : {&version.major, &version.minor, &version.patch}) {
    if (part != &version.major) {
      if (AtEnd() || text_[at_] != '.') break;
      ++at_;
    }
    auto number = ParsePart(*part);
    if (!number) return std::move(number).error();
    closed = closed && *number;
    if (!closed) part->reset();  // "1.x.3" is "1.x"
  }
  if (auto done = ParseQualifiers(version); !done) return std::move(done).error();
  if (!AtEnd() && text_.find_first_of(" \t,<>=~^", at_) != at_) return Wrong("a blank or the end after the version");
  return version;
}

Expected<void> RangeParser::ParseHyphen(const PartialVersion& from) {
  ++at_;
  SkipBlanks(false);
  auto to = ParsePartial();
  if (!to) return std::move(to).error();
  comparators_ = DesugarHyphen(from, *to);
  SkipBlanks(false);
  if (!AtEnd()) return Wrong("|| or the end after a hyphen range");
  return {};
}

Expected<void> RangeParser::ParseTerm() {
  const bool first = comparators_.empty() && text_.find_first_not_of(kBlanks) == at_;
  const std::string_view op = TakeOperator();
  SkipBlanks(false);
  auto version = ParsePartial();
  if (!version) return std::move(version).error();
  SkipBlanks(false);
  if (AtHyphen()) {
    if (!first || !op.empty()) return Wrong("a hyphen range to stand alone, two versions without operators");
    return ParseHyphen(*version);
  }
  for (Comparator& comparator : Desugar(op, *version)) comparators_.push_back(std::move(comparator));
  SkipBlanks(true);
  return {};
}

Expected<std::vector<Comparator>> RangeParser::Parse() {
  SkipBlanks(false);
  if (AtEnd()) return Wrong("a version range; * admits any version");
  while (!AtEnd())
    if (auto done = ParseTerm(); !done) return std::move(done).error();
  return std::move(comparators_);
}

}  // namespace tinyforge
