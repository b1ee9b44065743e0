#include "api-types/doc/yaml_scalar.h"

#include <algorithm>

#include "api-types/doc/scalar.h"

namespace tinyforge::doc {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool OnlyOf(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

// The end of a double-quoted scalar that begins at `begin`; npos: it has none.
std::size_t EndOfDoubleQuoted(std::string_view text, std::size_t begin) {
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

std::size_t EndOfSingleQuoted(std::string_view text, std::size_t begin) {
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (text[at] != '\'') continue;
    if (at + 1 >= text.size() || text[at + 1] != '\'') return at + 1;
    ++at;
  }
  return std::string_view::npos;
}

// Words of YAML 1.1 (yaml.org/type/bool.html) and 1.2 that are no strings.
bool IsReservedWord(std::string_view value) {
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::string_view kWords[] = {"null", "~", "true", "false", "yes",   "no",   "on", "off",
                                         "y",    "n", ".inf", "+.inf", "-.inf", ".nan", "=",  "<<"};
  return std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords);
}

// Integers and floats of YAML 1.1 and 1.2: 1_000, 010, 0x1f, 0b1, 1:30, 1.5, 12e7.
bool LooksLikeNumber(std::string_view value) {
  if (!value.empty() && (value.front() == '+' || value.front() == '-')) value.remove_prefix(1);
  const bool fraction = value.size() > 1 && value.front() == '.' && IsDigit(value[1]);
  if (value.empty() || !(IsDigit(value.front()) || fraction)) return false;
  for (const std::string_view prefix : {"0x", "0o", "0b"})
    if (value.starts_with(prefix)) return OnlyOf(value.substr(2), "0123456789abcdefABCDEF_");
  const std::size_t exponent = value.find_first_of("eE");
  std::string_view power = exponent == std::string_view::npos ? "" : value.substr(exponent + 1);
  if (!power.empty() && (power.front() == '+' || power.front() == '-')) power.remove_prefix(1);
  const std::string_view mantissa = value.substr(0, exponent);
  return OnlyOf(mantissa, "0123456789_:.") && std::count(mantissa.begin(), mantissa.end(), '.') <= 1 &&
         OnlyOf(power, kDigits);
}

// 2024-01-02, with or without a time behind it (yaml.org/type/timestamp.html).
bool LooksLikeDate(std::string_view value) {
  const std::size_t month = value.find('-');
  if (month != 4 || !OnlyOf(value.substr(0, month), kDigits)) return false;
  const std::size_t day = value.find('-', month + 1);
  if (day == std::string_view::npos || !OnlyOf(value.substr(month + 1, day - month - 1), kDigits)) return false;
  const std::size_t rest = std::min(value.find_first_not_of(kDigits, day + 1), value.size());
  return rest > day + 1 &&
         (rest == value.size() || std::string_view("Tt ").find(value[rest]) != std::string_view::npos);
}

// Indicators begin something else than a plain scalar; three of them only before a blank (YAML 1.2.2 section 7.3.3).
bool BeginsPlain(std::string_view value) {
  constexpr std::string_view kIndicators = ",[]{}#&*!|>'\"%@` ";
  constexpr std::string_view kBeforeBlank = "-?:";
  if (value.starts_with("---") || value.starts_with("...")) return false;
  if (kBeforeBlank.find(value.front()) != std::string_view::npos) return value.size() > 1 && value[1] != ' ';
  return kIndicators.find(value.front()) == std::string_view::npos;
}

bool IsPlainText(std::string_view value, bool flow) {
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  return printable && BeginsPlain(value) && value.back() != ' ' && value.back() != ':' &&
         value.find(": ") == std::string_view::npos && value.find(" #") == std::string_view::npos &&
         (!flow || value.find_first_of(",?[]{}") == std::string_view::npos);
}

std::string SingleQuoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string DoubleQuoted(std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n' || c == '\t') {
      out += {'\\', c == '\n' ? 'n' : 't'};
    } else if (byte < 0x20 || byte == 0x7F) {
      out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// What stands between single quotes as it is: one line without control characters.
bool FitsSingleQuotes(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7F;
  });
}

}  // namespace

std::size_t OffsetOf(const YamlText& document, Mark mark) {
  const std::string_view text = document.text;
  if (mark.line < document.line || mark.column == 0) return text.size();
  std::size_t at = 0;
  for (std::uint32_t line = document.line; line < mark.line; ++line) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return text.size();
    at = end + 1;
  }
  return std::min(at + mark.column - 1, text.size());
}

std::optional<ScalarSpan> FindScalar(std::string_view text, std::size_t begin, std::string_view value) {
  if (begin >= text.size()) return std::nullopt;
  const char first = text[begin];
  if (first == '"' || first == '\'') {
    const bool twice = first == '"';
    const std::size_t end = twice ? EndOfDoubleQuoted(text, begin) : EndOfSingleQuoted(text, begin);
    if (end == std::string_view::npos) return std::nullopt;
    return ScalarSpan{begin, end, twice ? ScalarStyle::DoubleQuoted : ScalarStyle::SingleQuoted};
  }
  // A plain scalar on one line stands as it reads; on several its lines are folded.
  const bool as_it_reads = !value.empty() && first != '|' && first != '>' && text.substr(begin).starts_with(value);
  if (!as_it_reads) return std::nullopt;
  return ScalarSpan{begin, begin + value.size(), ScalarStyle::Plain};
}

bool ReadsAsItself(std::string_view value, bool flow) {
  return !value.empty() && IsPlainText(value, flow) && !IsReservedWord(value) && !LooksLikeNumber(value) &&
         !LooksLikeDate(value) && TypePlainScalar(std::string(value)).type == Type::String;
}

std::string WriteScalar(std::string_view value, ScalarStyle style, bool flow) {
  if (style == ScalarStyle::Plain && ReadsAsItself(value, flow)) return std::string(value);
  if (style == ScalarStyle::SingleQuoted && FitsSingleQuotes(value)) return SingleQuoted(value);
  return DoubleQuoted(value);
}

}  // namespace tinyforge::doc
