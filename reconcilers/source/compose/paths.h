// Paths of compose files. Those of files that came by include or extends are relative to the project directory when
// they get here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/source/compose/service.h"
#include "reconcilers/source/compose/value.h"

namespace tinyforge::compose {

// Without ".", empty parts, a slash at the end, and ".." where it can be resolved: "./a/../b/" -> "b", "./" -> ".". A
// ".." above an absolute path's root is dropped.
std::string CleanPath(std::string_view path);

// A file of the config repository, relative to the project directory.
std::optional<ComposePath> ReadFilePath(const Value& value);

// The same, or an absolute path of the host.
std::optional<ComposePath> ReadSourcePath(const Value& value, std::string_view text);

// An absolute path in a container, cleaned; not "/".
std::optional<std::string> ReadTarget(const Value& value, std::string_view text);

}  // namespace tinyforge::compose
