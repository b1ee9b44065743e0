#include "reconcilers/source/compose/interpolation.h"

#include <algorithm>

#include "reconcilers/source/compose/secret_mark.h"

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxDepth = 16;

bool IsNameStart(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The variable name that `text` begins with.
std::string_view NameAt(std::string_view text) {
  if (text.empty() || !IsNameStart(text.front())) return {};
  std::size_t end = 1;
  while (end < text.size() && (IsNameStart(text[end]) || (text[end] >= '0' && text[end] <= '9'))) ++end;
  return text.substr(0, end);
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

// What stands behind the name in braces.
struct Operator {
  bool empty_counts_as_unset = false;  // with a colon
  char kind = 0;                       // - ? + or 0 for none of them
  std::string_view text;
};

Operator OperatorOf(std::string_view rest) {
  Operator op;
  op.empty_counts_as_unset = rest.starts_with(':');
  if (op.empty_counts_as_unset) rest.remove_prefix(1);
  if (rest.empty() || std::string_view("-?+").find(rest.front()) == std::string_view::npos) return {};
  op.kind = rest.front();
  op.text = rest.substr(1);
  return op;
}

class Expander {
 public:
  explicit Expander(Interpolation& with) : with_(with) {}

  bool Expand(std::string_view text, std::size_t depth) {
    if (depth > kMaxDepth) return Fail("variables are nested deeper than " + std::to_string(kMaxDepth) + " levels");
    while (!text.empty()) {
      const std::size_t dollar = std::min(text.find('$'), text.size());
      if (!Append(text.substr(0, dollar))) return false;
      text.remove_prefix(dollar);
      if (!text.empty() && !Dollar(text, depth)) return false;
    }
    return true;
  }

  Error TakeError() { return {ErrorKind::Terminal, std::move(error_)}; }
  std::string Take() { return std::move(out_); }

 private:
  bool Fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  bool Append(std::string_view text) {
    if (out_.size() + text.size() > with_.limit)
      return Fail("with its variables the text has more than " + std::to_string(with_.limit) + " bytes");
    out_ += text;
    return true;
  }

  // `text` begins with a dollar sign; what it stands for is taken off.
  bool Dollar(std::string_view& text, std::size_t depth) {
    const std::string_view rest = text.substr(1);
    if (rest.starts_with('{')) return Braces(text, depth);
    const std::string_view name = NameAt(rest);
    const std::size_t taken = rest.starts_with('$') ? 2 : 1 + name.size();
    text.remove_prefix(taken);
    return name.empty() ? Append("$") : Value(name);
  }

  bool Braces(std::string_view& text, std::size_t depth) {
    std::string_view body = text.substr(2);
    const std::string name(NameAt(body));
    const std::size_t close = FindClose(body);
    if (close == std::string_view::npos)
      return Fail("${" + name + " is not closed: a } is missing; write $$ for a dollar sign");
    body = body.substr(0, close);
    text.remove_prefix(close + 3);
    if (name.empty()) return Fail("${ must be followed by the name of a variable; write $$ for a dollar sign");
    body.remove_prefix(name.size());
    if (body.empty()) return Value(name);
    const Operator op = OperatorOf(body);
    if (op.kind == 0)
      return Fail("${" + name + " is followed by none of :- - :? ? :+ +, which are all that Compose has");
    return Apply(name, op, depth);
  }

  bool Apply(const std::string& name, const Operator& op, std::size_t depth) {
    const auto value = with_.lookup(name);
    const bool there = value && !(op.empty_counts_as_unset && value->empty());
    if (op.kind == '+') return !there || Expand(op.text, depth + 1);
    if (there) return Append(*value);
    return op.kind == '-' ? Expand(op.text, depth + 1) : Require(name, op, depth);
  }

  bool Require(const std::string& name, const Operator& op, std::size_t depth) {
    Expander reason(with_);
    if (!reason.Expand(op.text, depth + 1)) return Fail(std::move(reason.error_));
    const std::string why = PrintMarks(reason.out_);
    return Fail("the variable " + name + " must be set" + (op.empty_counts_as_unset ? " and not empty" : "") +
                (why.empty() ? "" : ": " + why));
  }

  bool Value(std::string_view name) {
    if (const auto value = with_.lookup(name)) return Append(*value);
    with_.unset.insert(std::string(name));
    return true;
  }

  Interpolation& with_;
  std::string out_;
  std::string error_;
};

struct PartPlace {
  std::size_t offset = 0;  // in the whole text
  std::size_t depth = 0;
};

void Dissect(std::string_view text, PartPlace place, TextParts& parts);

// `text` begins with a dollar sign; answers how much of it belongs to that.
std::size_t DissectVariable(std::string_view text, PartPlace place, TextParts& parts) {
  const bool braces = text.substr(1).starts_with('{');
  const std::string_view body = text.substr(braces ? 2 : 1);
  const std::string_view name = NameAt(body);
  if (!name.empty()) parts.variables.emplace_back(name);
  if (!braces) return name.empty() ? (body.starts_with('$') ? 2 : 1) : 1 + name.size();
  const std::size_t close = FindClose(body);
  if (close == std::string_view::npos) return text.size();
  const Operator op = OperatorOf(body.substr(0, close).substr(name.size()));
  if (op.kind == '-' || op.kind == '+') {
    const std::size_t begin = static_cast<std::size_t>(op.text.data() - text.data());
    Dissect(op.text, {place.offset + begin, place.depth + 1}, parts);
  }
  return close + 3;
}

void Dissect(std::string_view text, PartPlace place, TextParts& parts) {
  std::size_t at = 0;
  while (at < text.size() && place.depth <= kMaxDepth) {
    const std::size_t dollar = std::min(text.find('$', at), text.size());
    if (dollar > at) parts.literals.emplace_back(place.offset + at, place.offset + dollar);
    at = dollar;
    if (at < text.size()) at += DissectVariable(text.substr(at), {place.offset + at, place.depth}, parts);
  }
}

}  // namespace

TextParts PartsOf(std::string_view text) {
  TextParts parts;
  Dissect(text, {0, 0}, parts);
  return parts;
}

Expected<std::string> Interpolate(std::string_view text, Interpolation& with) {
  Expander expander(with);
  if (!expander.Expand(text, 0)) return expander.TakeError();
  return expander.Take();
}

}  // namespace tinyforge::compose
