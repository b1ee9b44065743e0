#include "controller/runtime/plain_text.h"

#include <algorithm>

namespace tinyforge {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

unsigned char At(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

bool IsBetween(unsigned char byte, unsigned char low, unsigned char high) {
  return byte >= low && byte <= high;
}

bool IsContinuation(unsigned char byte) {
  return IsBetween(byte, 0x80, 0xBF);
}

// The length of the sequence at the start that may stay, 0 when there is none. The second byte alone rules out overlong
// forms, surrogates and what lies beyond U+10FFFF.
std::size_t SequenceLength(std::string_view text) {
  const unsigned char lead = At(text, 0);
  const unsigned char second = At(text, 1);
  if (lead < 0x80) return (lead >= 0x20 && lead != 0x7F) || lead == '\n' || lead == '\t' ? 1 : 0;
  if (IsBetween(lead, 0xC2, 0xDF)) return IsContinuation(second) ? 2 : 0;
  if (IsBetween(lead, 0xE0, 0xEF)) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return IsBetween(second, low, high) && IsContinuation(At(text, 2)) ? 3 : 0;
  }
  if (IsBetween(lead, 0xF0, 0xF4)) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
    return IsBetween(second, low, high) && IsContinuation(At(text, 2)) && IsContinuation(At(text, 3)) ? 4 : 0;
  }
  return 0;
}

}  // namespace

// Most texts are printable ASCII.
bool IsPlainText(std::string_view text, std::size_t max) {
  return text.size() <= max && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string PlainText(std::string_view text, std::size_t max) {
  if (IsPlainText(text, max)) return std::string(text);
  std::string plain;
  std::size_t cut = 0;  // where the ellipsis would still fit
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    const std::string_view next = length == 0 ? kReplacement : text.substr(0, length);
    if (plain.size() + next.size() > max) {
      plain.resize(cut);
      return plain.append(kEllipsis);
    }
    plain.append(next);
    if (plain.size() + kEllipsis.size() <= max) cut = plain.size();
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return plain;
}

}  // namespace tinyforge
