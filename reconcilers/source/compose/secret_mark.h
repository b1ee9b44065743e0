// How a secret stands in a text whose other parts are known: as a mark that says which one. The value itself is not
// known to whatever reads compose files.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tinyforge::compose {

// "\x01<index>\x02".
std::string SecretMark(std::size_t index);

// Whether the text has a mark, or a character of one. Text that people wrote must have neither.
bool HasMark(std::string_view text);

// A text taken apart at its marks: plain text, or the index of a secret.
struct TextPart {
  std::string text;
  std::optional<std::size_t> secret;
  bool operator==(const TextPart&) const = default;
};
std::vector<TextPart> SplitMarks(std::string_view text);

// The text with "(secret)" in place of each mark, for messages.
std::string PrintMarks(std::string_view text);

}  // namespace tinyforge::compose
