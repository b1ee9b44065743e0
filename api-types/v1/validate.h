// The rules that hold between fields of one object, and between objects. What a single field may hold is checked when
// it is decoded.
#pragma once

#include <string>
#include <vector>

#include "api-types/v1/object_set.h"

namespace tinyforge::v1 {

// One rule that does not hold. `field` as in Diagnostic: "spec.ports[1].host".
struct Problem {
  std::string field;
  std::string message;
  bool operator==(const Problem&) const = default;
};

// In order of the manifest reference; empty: valid.
std::vector<Problem> Validate(const Spec& spec);

}  // namespace tinyforge::v1
