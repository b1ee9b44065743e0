// A text with variables as the parts that it is made of, for whoever wants to know where a part of its value comes
// from. Their forms are those of interpolation.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/source/compose/interpolation.h"

namespace tinyforge::compose {

struct VariablePart {
  std::size_t begin = 0;  // of its bytes in the text
  std::size_t end = 0;
  std::string value;      // what it stands for
  std::string name;       // of the variable; empty: text that stands for itself
  bool by_text = false;   // the value comes from the text behind the operator: a default, or what + puts in its place
  std::size_t text_begin = 0;  // of that text
  std::size_t text_end = 0;
};

// Of a text that Interpolate takes; what it does not take is text that stands for itself.
std::vector<VariablePart> SplitVariables(std::string_view text, const VariableLookup& lookup);

}  // namespace tinyforge::compose
