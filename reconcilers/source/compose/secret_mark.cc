#include "reconcilers/source/compose/secret_mark.h"

#include <algorithm>
#include <charconv>

namespace tinyforge::compose {
namespace {

constexpr char kBegin = '\x01';
constexpr char kEnd = '\x02';

}  // namespace

std::string SecretMark(std::size_t index) {
  return kBegin + std::to_string(index) + kEnd;
}

bool HasMark(std::string_view text) {
  return text.find_first_of("\x01\x02") != std::string_view::npos;
}

std::vector<TextPart> SplitMarks(std::string_view text) {
  std::vector<TextPart> parts;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find(kBegin), text.size());
    if (begin > 0) parts.push_back({std::string(text.substr(0, begin)), std::nullopt});
    text.remove_prefix(begin);
    if (text.empty()) break;
    const std::size_t end = std::min(text.find(kEnd), text.size() - 1);
    std::size_t index = 0;
    std::from_chars(text.data() + 1, text.data() + end, index);
    parts.push_back({"", index});
    text.remove_prefix(end + 1);
  }
  return parts;
}

std::string PrintMarks(std::string_view text) {
  std::string out;
  for (const TextPart& part : SplitMarks(text)) out += part.secret ? "(secret)" : part.text;
  return out;
}

}  // namespace tinyforge::compose
