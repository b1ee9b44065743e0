#include "api-types/meta/utf8.h"

namespace tinyforge {
namespace {

bool IsContinuation(unsigned byte) {
  return (byte & 0xC0U) == 0x80U;
}

}  // namespace

// The second byte alone rules out overlong forms, surrogates and what lies beyond the last character.
std::size_t Utf8SequenceLength(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead <= 0xDF) return IsContinuation(byte(1)) ? 2 : 0;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high || !IsContinuation(byte(2))) return 0;
  if (lead <= 0xEF) return 3;
  return IsContinuation(byte(3)) ? 4 : 0;
}

std::size_t FindNonUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Utf8SequenceLength(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace tinyforge
