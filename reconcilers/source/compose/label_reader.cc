#include "reconcilers/source/compose/label_reader.h"

#include "reconcilers/source/compose/mapping.h"

namespace tinyforge::compose {

std::optional<StringMap> ReadOwnLabels(const Value& value) {
  auto labels = ReadMapping(value);
  if (labels) RefuseReserved(value, *labels);
  return labels;
}

void RefuseReserved(const Value& value, const StringMap& labels) {
  for (const auto& [label, text] : labels)
    if (label.starts_with("tinyforge.") || label.starts_with("com.docker.compose."))
      value.Fail("label " + Quoted(label) + ": com.docker.compose.* and tinyforge.* are the controller's own");
}

}  // namespace tinyforge::compose
