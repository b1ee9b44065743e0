#include "controller/runtime/plain_text.h"

#include <algorithm>

#include "api-types/meta/utf8.h"

namespace tinyforge {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

// The length of the sequence at the start that may stay, 0 when there is none.
std::size_t LengthOfPlain(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const bool control = (lead < 0x20 && lead != '\n' && lead != '\t') || lead == 0x7F;
  return control ? 0 : Utf8SequenceLength(text);
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
    const std::size_t length = LengthOfPlain(text);
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
