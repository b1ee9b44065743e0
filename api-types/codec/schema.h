// The manifest reference, made from the field lists: for editors and for tfctl explain.
#pragma once

#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"

namespace tinyforge::codec {

// A JSON Schema (draft 7, which YAML editors know best) of the manifests of one kind, indented, with a line feed at the
// end. What it accepts is a superset of what decodes: rules between fields are mostly left to the decoder.
std::string JsonSchema(Kind kind);

// "workload", "workload.spec.rollout.strategy": what stands there, as kubectl explain shows it. Lists are passed
// through without an index. Kinds in any case, plural too. NotFound names what is known at the place where the path
// ends.
Expected<std::string> Explain(std::string_view path);

}  // namespace tinyforge::codec
