// The type of a plain scalar by YAML's core schema (YAML 1.2.2 section 10.3.2).
#pragma once

#include <string>

#include "api-types/doc/node.h"

namespace tinyforge::doc {

// Bool, Int, Float, or a String when it is none of them. Integers beyond 64 bits are Floats. The infinities and NaN
// stay Strings: no field of ours takes them, and JSON cannot say them.
Node TypePlainScalar(std::string text);

}  // namespace tinyforge::doc
