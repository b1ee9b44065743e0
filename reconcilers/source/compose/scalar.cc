#include "reconcilers/source/compose/scalar.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tinyforge::compose {

std::optional<bool> AsBoolean(const doc::Node& node) {
  constexpr std::array<std::string_view, 4> kTrue = {"true", "yes", "on", "y"};
  constexpr std::array<std::string_view, 4> kFalse = {"false", "no", "off", "n"};
  if (node.type == doc::Type::Bool) return node.boolean;
  if (node.type != doc::Type::String) return std::nullopt;
  std::string text = node.text;
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  return std::nullopt;
}

}  // namespace tinyforge::compose
