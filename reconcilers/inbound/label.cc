#include "reconcilers/inbound/label.h"

#include <algorithm>

namespace tinyforge::inbound {
namespace {

constexpr std::size_t kLongest = 128;

bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool IsHarmless(char c) {
  return IsUpper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view(" -_.:{}").find(c) != std::string_view::npos;
}

}  // namespace

std::string LabelText(std::string_view text) {
  const bool shown = text.size() <= kLongest && std::all_of(text.begin(), text.end(), IsHarmless);
  return shown ? std::string(text) : "";
}

std::string ToLower(std::string text) {
  for (char& c : text)
    if (IsUpper(c)) c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace tinyforge::inbound
