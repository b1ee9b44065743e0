#include "controller/runtime/redactor.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace tinyforge {
namespace {

constexpr std::size_t kMaxEncoded = 4096;
constexpr std::size_t kMinLine = 16;
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool IsAlphanumeric(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// The base64 characters that depend on `value` alone when it stands `offset` bytes (modulo 3) into what is encoded.
std::string Base64Core(std::string_view value, std::size_t offset, std::string_view alphabet) {
  std::string core;
  const std::size_t end = (offset + value.size()) * 8;
  for (std::size_t bit = (offset * 8 + 5) / 6 * 6; bit + 6 <= end; bit += 6) {
    unsigned sextet = 0;
    for (std::size_t b = bit; b < bit + 6; ++b) {
      const auto byte = static_cast<unsigned char>(value[b / 8 - offset]);
      sextet = sextet << 1 | (byte >> (7 - b % 8) & 1u);
    }
    core += alphabet[sextet];
  }
  return core;
}

struct PercentStyle {
  std::string_view kept;    // unencoded beside letters and digits
  std::string_view digits;  // hexadecimal
  bool plus_for_space = false;
};

std::string PercentEncoded(std::string_view value, const PercentStyle& style) {
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsAlphanumeric(byte) || style.kept.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ' && style.plus_for_space) {
      out += '+';
    } else {
      out += {'%', style.digits[byte >> 4], style.digits[byte & 15]};
    }
  }
  return out;
}

std::string JsonEscaped(std::string_view value, bool escape_slash) {
  static constexpr std::string_view kPlain = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kLetter = "\"\\bfnrt";
  std::string out;
  for (const char c : value) {
    const std::size_t at = kPlain.find(c);
    if (at != std::string_view::npos) {
      out += {'\\', kLetter[at]};
    } else if (c == '/' && escape_slash) {
      out += "\\/";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr std::string_view digits = "0123456789abcdef";
      out += {'\\', 'u', '0', '0', digits[static_cast<std::size_t>(c) >> 4], digits[c & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

void AddEncoded(std::string_view value, std::vector<std::string>& forms) {
  for (std::size_t offset = 0; offset < 3; ++offset) {
    forms.push_back(Base64Core(value, offset, kStandard));
    forms.push_back(Base64Core(value, offset, kUrlSafe));
  }
  for (const std::string_view digits : {"0123456789ABCDEF", "0123456789abcdef"}) {
    forms.push_back(PercentEncoded(value, {"-._~", digits}));
    forms.push_back(PercentEncoded(value, {"-._*", digits, true}));
  }
  forms.push_back(JsonEscaped(value, false));
  forms.push_back(JsonEscaped(value, true));
}

std::string_view WithoutTrailingNewline(std::string_view value) {
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.remove_suffix(1);
  return value;
}

void AddLines(std::string_view value, std::vector<std::string>& forms) {
  while (!value.empty()) {
    const std::size_t end = value.find('\n');
    const std::string_view line = WithoutTrailingNewline(value.substr(0, end));
    if (line.size() >= kMinLine) forms.emplace_back(line);
    if (end == std::string_view::npos) return;
    value.remove_prefix(end + 1);
  }
}

void AddForms(std::string_view value, std::vector<std::string>& forms) {
  const std::string_view trimmed = WithoutTrailingNewline(value);
  forms.emplace_back(value);
  if (trimmed.size() < Redactor::kMinLength) return;
  forms.emplace_back(trimmed);
  AddLines(trimmed, forms);
  if (trimmed.size() <= kMaxEncoded) AddEncoded(trimmed, forms);
}

std::uint32_t FirstBytes(std::string_view text) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, text.data(), sizeof bytes);
  return bytes;
}

}  // namespace

// The forms of all values by their first four bytes.
struct Redactor::Index {
  std::unordered_map<std::uint32_t, std::vector<std::string>> forms;

  explicit Index(const std::vector<std::string>& values) {
    std::vector<std::string> all;
    for (const std::string& value : values) AddForms(value, all);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    for (std::string& form : all)
      if (form.size() >= kMinLength) forms[FirstBytes(form)].push_back(std::move(form));
  }

  // The length of the longest form at the start of `text`; 0: none.
  std::size_t MatchAt(std::string_view text) const {
    if (text.size() < kMinLength) return 0;
    const auto found = forms.find(FirstBytes(text));
    if (found == forms.end()) return 0;
    std::size_t longest = 0;
    for (const std::string& form : found->second)
      if (text.starts_with(form)) longest = std::max(longest, form.size());
    return longest;
  }
};

void Redactor::Register(std::string_view secret) {
  if (secret.size() < kMinLength) return;
  auto state = state_.Lock();
  auto& values = state->values;
  if (std::find(values.begin(), values.end(), secret) != values.end()) return;
  if (values.size() == kMaxValues) values.erase(values.begin());
  values.emplace_back(secret);
  state->index.reset();
}

std::shared_ptr<const Redactor::Index> Redactor::CurrentIndex() const {
  auto state = state_.Lock();
  if (!state->index) state->index = std::make_shared<const Index>(state->values);
  return state->index;
}

std::string Redactor::Redact(std::string_view text) const {
  const auto index = CurrentIndex();
  if (index->forms.empty()) return std::string(text);
  std::string out;
  std::size_t secret_until = 0;  // matches that overlap become one mark
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const std::size_t length = index->MatchAt(text.substr(at)); length > 0) {
      if (at >= secret_until) out += kMark;
      secret_until = std::max(secret_until, at + length);
    }
    if (at >= secret_until) out += text[at];
  }
  return out;
}

}  // namespace tinyforge
