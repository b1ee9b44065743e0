// The name of a project: the page "Version and name" of the Compose Specification.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge::compose {

// Compose's rule: lower case, of which letters a-z, digits, "_" and "-" stay, without "_" and "-" in front. Empty when
// nothing is left.
std::string SanitiseProjectName(std::string_view name);

}  // namespace tinyforge::compose
