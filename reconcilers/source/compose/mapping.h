// What the specification writes either as a mapping or as a list of "KEY=VALUE".
#pragma once

#include <optional>
#include <string>

#include "api-types/meta/object.h"
#include "reconcilers/source/compose/project_scope.h"

namespace tinyforge::compose {

// Labels, options and the like; a key without a value has the empty one.
std::optional<StringMap> ReadMapping(const Value& value);

// The same as a mapping alone.
std::optional<StringMap> ReadOptions(const Value& value);

// Variables; one without a value has that of the project's environment.
std::optional<Environment> ReadVariables(const Value& value, const Variables& variables);

// `command` and the like: a list of words, or a line that is parted as a shell would.
std::optional<std::vector<std::string>> ReadCommand(const Value& value);

}  // namespace tinyforge::compose
