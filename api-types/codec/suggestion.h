// "Did you mean": the nearest of the words that would be right.
#pragma once

#include <string_view>
#include <vector>

namespace tinyforge::codec {

// Edits (insert, delete, replace, swap neighbours) that turn one into the other, case ignored. Texts longer than 64
// characters are as far apart as their length.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The candidate that `word` is most likely a slip of: within a third of its length, at least one edit; empty: none.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace tinyforge::codec
