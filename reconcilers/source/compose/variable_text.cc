#include "reconcilers/source/compose/variable_text.h"

#include <algorithm>
#include <utility>

namespace tinyforge::compose {
namespace {

bool IsLetter(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::size_t NameLength(std::string_view text) {
  if (text.empty() || !IsLetter(text.front())) return 0;
  const auto end = std::ranges::find_if_not(text, [](char c) { return IsLetter(c) || (c >= '0' && c <= '9'); });
  return static_cast<std::size_t>(end - text.begin());
}

// Of the text behind "${", where its "}" stands.
std::size_t FindClose(std::string_view text) {
  std::size_t open = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') ++open;
    if (text[at] == '}' && --open == 0) return at;
  }
  return std::string_view::npos;
}

class Splitter {
 public:
  Splitter(std::string_view text, const VariableLookup& lookup) : text_(text), lookup_(lookup) {}

  std::vector<VariablePart> Run() {
    while (at_ < text_.size()) {
      const std::size_t dollar = std::min(text_.find('$', at_), text_.size());
      if (dollar > at_) Literal(dollar, text_.substr(at_, dollar - at_));
      if (at_ < text_.size()) Dollar();
    }
    return std::move(parts_);
  }

 private:
  void Literal(std::size_t end, std::string_view value) {
    parts_.push_back({.begin = at_, .end = end, .value = std::string(value)});
    at_ = end;
  }

  void Dollar() {
    const std::string_view rest = text_.substr(at_ + 1);
    if (rest.starts_with('$')) return Literal(at_ + 2, "$");
    if (rest.starts_with('{')) return Braces(rest.substr(1));
    const std::size_t length = NameLength(rest);
    if (length == 0) return Literal(at_ + 1, "$");
    Variable(rest.substr(0, length), at_ + 1 + length);
  }

  void Variable(std::string_view name, std::size_t end) {
    parts_.push_back(
        {.begin = at_, .end = end, .value = lookup_(name).value_or(std::string()), .name = std::string(name)});
    at_ = end;
  }

  void Braces(std::string_view body) {
    const std::size_t close = FindClose(body);
    if (close == std::string_view::npos) return Literal(text_.size(), text_.substr(at_));
    const std::size_t length = NameLength(body);
    const std::size_t end = at_ + 2 + close + 1;
    std::string_view rest = body.substr(length, close - length);
    const bool colon = rest.starts_with(':');
    if (colon) rest.remove_prefix(1);
    const char kind = rest.empty() ? '\0' : rest.front();
    Variable(body.substr(0, length), end);
    VariablePart& part = parts_.back();
    const auto value = lookup_(part.name);
    const bool there = value && !(colon && value->empty());
    if (kind != '+' && (kind != '-' || there)) return;
    part.value.clear();
    if (kind == '+' && !there) return;
    part.by_text = true;
    part.text_end = end - 1;
    part.text_begin = end - rest.size();
    Interpolation with{lookup_};
    auto text = Interpolate(text_.substr(part.text_begin, part.text_end - part.text_begin), with);
    if (text) part.value = std::move(*text);
  }

  std::string_view text_;
  const VariableLookup& lookup_;
  std::size_t at_ = 0;
  std::vector<VariablePart> parts_;
};

}  // namespace

std::vector<VariablePart> SplitVariables(std::string_view text, const VariableLookup& lookup) {
  return Splitter(text, lookup).Run();
}

}  // namespace tinyforge::compose
