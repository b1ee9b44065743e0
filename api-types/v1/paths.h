// The shapes of paths and Docker names that more than one rule needs.
#pragma once

#include <string_view>

namespace tinyforge::v1 {

// "/a/b": absolute, not "/" itself, without ".", "..", empty parts or a slash at the end; at most 4096 bytes.
bool IsCleanAbsolutePath(std::string_view path);

// "a/b" with the same rules.
bool IsCleanRelativePath(std::string_view path);

// [a-zA-Z0-9][a-zA-Z0-9_.-]+, what the Engine takes for the name of a volume or network; at most 255 characters.
bool IsDockerName(std::string_view name);

}  // namespace tinyforge::v1
