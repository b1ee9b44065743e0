#include "reconcilers/source/compose/env_file.h"

#include <algorithm>
#include <map>

#include "api-types/meta/utf8.h"
#include "reconcilers/source/compose/secret_mark.h"

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxValue = 128 << 10;
constexpr std::size_t kMaxTotal = 4 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlank = " \t\v\f\r";
constexpr std::string_view kSpace = " \t\v\f\r\n";

void TrimLeft(std::string_view& text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

void TrimRight(std::string_view& text) {
  text = text.substr(0, text.find_last_not_of(kSpace) + 1);
}

bool IsNameCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || byte >= 0x80 ||
         std::string_view("_.-[]").find(c) != std::string_view::npos;
}

bool IsOctal(std::string_view digits) {
  return digits.size() == 3 && digits.front() <= '3' &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '7'; });
}

// The character of this code (below 256) in UTF-8.
std::string Utf8(unsigned code) {
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0U | (code >> 6U)), static_cast<char>(0x80U | (code & 0x3FU))};
}

// The escape at the start of `text`, which begins with a backslash, for a text that is interpolated afterwards. What is
// no escape stands for itself.
std::string TakeEscape(std::string_view& text) {
  constexpr std::string_view kNames = "abfnrtv\\\"";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"";
  const char c = text.size() > 1 ? text[1] : '\0';
  const std::size_t known = c == '\0' ? std::string_view::npos : kNames.find(c);
  std::string value = "\\";
  std::size_t taken = 1;
  if (known != std::string_view::npos) {
    value = kValues[known];
    taken = 2;
  } else if (c == '$') {
    value = "$$";
    taken = 2;
  } else if (c == '0' && IsOctal(text.substr(2, 3))) {
    value = Utf8(static_cast<unsigned>((text[2] - '0') * 64 + (text[3] - '0') * 8 + (text[4] - '0')));
    taken = 5;
  }
  text.remove_prefix(taken);
  return value;
}

std::string ExpandEscapes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (!text.empty()) out += TakeEscape(text);
  }
  return out;
}

// The entries of a file while it is read.
class Entries {
 public:
  explicit Entries(const VariableLookup& outside) : outside_(outside) {}

  std::optional<std::string> Find(std::string_view name) const {
    if (auto value = outside_(name)) return value;
    const auto found = index_.find(name);
    return found == index_.end() ? std::nullopt : list_[found->second].second;
  }
  // Empty, or what is wrong with it.
  std::string Set(const std::string& name, std::optional<std::string> value) {
    const std::size_t size = value ? value->size() : 0;
    if (size > kMaxValue) return "the value of " + name + " has more than 128 KiB";
    if ((total_ += size) > kMaxTotal) return "the values have more than 4 MiB together";
    const auto [place, is_new] = index_.try_emplace(name, list_.size());
    if (is_new) list_.emplace_back(name, std::nullopt);
    list_[place->second].second = std::move(value);
    return "";
  }
  EnvEntries Take() { return std::move(list_); }

 private:
  const VariableLookup& outside_;
  EnvEntries list_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::size_t total_ = 0;
};

class Parser {
 public:
  Parser(std::string_view text, const VariableLookup& lookup)
      : rest_(text),
        lookup_(lookup),
        entries_(lookup),
        with_{[this](auto name) { return entries_.Find(name); }, kMaxValue} {}
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  Expected<EnvEntries> Run() {
    while (SkipToStatement())
      if (!Statement()) return Error{ErrorKind::Terminal, std::to_string(line_) + ": " + error_};
    return entries_.Take();
  }

 private:
  bool Fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  void Advance(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    next_line_ += static_cast<std::size_t>(std::count(taken.begin(), taken.end(), '\n'));
    rest_.remove_prefix(taken.size());
  }
  void SkipBlanks() { Advance(std::min(rest_.find_first_not_of(kBlank), rest_.size())); }
  void SkipLine() { Advance(std::min(rest_.find('\n'), rest_.size())); }

  // Past white space and comments. False: that was all.
  bool SkipToStatement() {
    for (;;) {
      Advance(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
      line_ = next_line_;
      if (!rest_.starts_with('#')) return !rest_.empty();
      SkipLine();
    }
  }

  bool Statement() {
    if (rest_.starts_with("export") && rest_.size() > 6 && kBlank.find(rest_[6]) != std::string_view::npos) {
      Advance(6);
      SkipBlanks();
    }
    std::string name;
    if (!Name(name)) return false;
    if (rest_.empty() || rest_.front() == '\n') return Keep(name, lookup_(name));
    Advance(1);
    SkipBlanks();
    const bool quoted = rest_.starts_with('"') || rest_.starts_with('\'');
    return quoted ? Quoted(name) : Unquoted(name);
  }

  bool Name(std::string& name) {
    const std::size_t end = std::min(rest_.find_first_of("=:\n"), rest_.size());
    std::string_view text = rest_.substr(0, end);
    TrimRight(text);
    if (text.empty()) return Fail("a name is missing before the =");
    if (text.find_first_of(kBlank) != std::string_view::npos)
      return Fail("a name has no blanks in it; write NAME=value, one a line");
    if (!std::all_of(text.begin(), text.end(), IsNameCharacter))
      return Fail("a name is made of letters, digits and _ . - [ ]; write NAME=value");
    name = text;
    Advance(end);
    return true;
  }

  bool Keep(const std::string& name, std::optional<std::string> value) {
    error_ = entries_.Set(name, std::move(value));
    return error_.empty();
  }

  bool KeepExpanded(const std::string& name, std::string_view text) {
    auto value = Interpolate(text, with_);
    return value ? Keep(name, std::move(*value)) : Fail(std::move(value).error().message);
  }

  bool Unquoted(const std::string& name) {
    std::string_view value = rest_.substr(0, rest_.find('\n'));
    Advance(value.size());
    value = value.substr(0, value.find(" #"));
    TrimRight(value);
    return KeepExpanded(name, value);
  }

  bool Quoted(const std::string& name) {
    const char quote = rest_.front();
    std::string value;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != quote; ++at) {
      // A backslash keeps what follows from ending the value; only that of a quote is gone then.
      const bool pair = rest_[at] == '\\' && at + 1 < rest_.size();
      if (pair && rest_[at + 1] != quote) value += rest_[at];
      if (pair) ++at;
      value += rest_[at];
    }
    if (at >= rest_.size()) return Fail(std::string("the value of ") + name + " has no closing " + quote);
    Advance(at + 1);
    if (!EndsStatement()) return Fail("only a comment may follow the closing quote of " + name);
    if (quote == '\'') return Keep(name, std::move(value));
    value = ExpandEscapes(value);
    if (HasMark(value) || value.find('\0') != std::string::npos)
      return Fail("the value of " + name + " has a control character that no value can have");
    return KeepExpanded(name, value);
  }

  bool EndsStatement() {
    SkipBlanks();
    return rest_.empty() || rest_.front() == '\n' || rest_.front() == '#';
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  std::size_t next_line_ = 1;
  const VariableLookup& lookup_;
  Entries entries_;
  Interpolation with_;
  std::string error_;
};

std::optional<Error> CheckText(std::string_view text) {
  const auto error = [&](std::size_t at, const char* what) {
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    return Error{ErrorKind::Terminal, std::to_string(line) + ": " + what};
  };
  const std::size_t mark = text.find_first_of(std::string_view("\0\x01\x02", 3));
  if (mark != std::string_view::npos) return error(mark, "a control character that no value can have");
  const std::size_t other = FindNonUtf8(text);
  if (other != std::string_view::npos) return error(other, "not valid UTF-8; save the file as UTF-8");
  return std::nullopt;
}

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

// One line of the raw format. Empty, or what is wrong with it.
std::string KeepRawLine(std::string_view line, const VariableLookup& lookup, Entries& entries) {
  TrimLeft(line, kSpace);
  if (line.empty() || line.front() == '#') return "";
  const std::size_t equals = line.find('=');
  const std::string_view name = line.substr(0, equals);
  if (name.empty()) return "a name is missing before the =";
  if (name.find_first_of(kSpace) != std::string_view::npos) return "a name has no blanks in it; write NAME=value";
  if (equals == std::string_view::npos) return entries.Set(std::string(name), lookup(name));
  return entries.Set(std::string(name), std::string(line.substr(equals + 1)));
}

// Behind `export` and the name; empty: the line does not give it a value.
std::string_view BehindName(std::string_view line, std::string_view name) {
  std::string_view rest = WithoutByteOrderMark(line);
  TrimLeft(rest, kBlank);
  if (rest.starts_with("export") && rest.size() > 6 && kBlank.find(rest[6]) != std::string_view::npos) {
    rest.remove_prefix(6);
    TrimLeft(rest, kBlank);
  }
  if (!rest.starts_with(name)) return {};
  rest.remove_prefix(name.size());
  TrimLeft(rest, kBlank);
  if (!rest.starts_with('=') && !rest.starts_with(':')) return {};
  rest.remove_prefix(1);
  TrimLeft(rest, kBlank);
  return rest;
}

std::optional<EnvValue> ValueOn(std::string_view line, std::string_view name) {
  std::string_view rest = BehindName(line, name);
  if (rest.empty()) return std::nullopt;
  const char quote = rest.front();
  if (quote != '"' && quote != '\'') {
    rest = rest.substr(0, rest.find(" #"));
    TrimRight(rest);
  } else {
    const std::size_t close = rest.find(quote, 1);
    if (close == std::string_view::npos) return std::nullopt;
    rest = rest.substr(1, close - 1);
  }
  const std::size_t begin = static_cast<std::size_t>(rest.data() - line.data());
  return EnvValue{begin, begin + rest.size(), quote == '\''};
}

}  // namespace

std::vector<EnvValue> ValuesIn(std::string_view text, std::string_view name) {
  std::vector<EnvValue> values;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (const auto value = ValueOn(text.substr(at, end - at), name))
      values.push_back({at + value->begin, at + value->end, value->as_it_is});
    at = end + 1;
  }
  return values;
}

Expected<EnvEntries> ParseEnvFile(std::string_view text, const VariableLookup& lookup) {
  if (auto error = CheckText(text)) return *std::move(error);
  return Parser(WithoutByteOrderMark(text), lookup).Run();
}

Expected<EnvEntries> ParseRawEnvFile(std::string_view text, const VariableLookup& lookup) {
  if (auto error = CheckText(text)) return *std::move(error);
  text = WithoutByteOrderMark(text);
  Entries entries(lookup);
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string wrong = KeepRawLine(line, lookup, entries);
    if (!wrong.empty()) return Error{ErrorKind::Terminal, std::to_string(number) + ": " + wrong};
  }
  return entries.Take();
}

Expected<StringMap> ParseSecretEnvFile(std::string_view text) {
  if (auto error = CheckText(text)) return Error{error->kind, "line " + error->message};
  auto entries = ParseEnvFile(text, [](std::string_view) { return std::nullopt; });
  if (!entries) {
    const std::string& message = entries.error().message;
    return Error{ErrorKind::Terminal,
                 "line " + message.substr(0, message.find(':')) + " is not of the form NAME=value of an env file"};
  }
  StringMap values;
  for (auto& [name, value] : *entries)
    if (value) values.emplace(name, std::move(*value));
  return values;
}

}  // namespace tinyforge::compose
