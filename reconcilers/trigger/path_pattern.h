// Patterns of paths and of branch and tag names, as in .gitignore and CI configurations.
#pragma once

#include <string_view>

namespace tinyforge {

// Whether `pattern` matches `path` as a whole, part by part between slashes: "*" any run of characters in a part, "?"
// one; a part "**" any number of parts, at the end of a pattern at least one. Steps: at most the product of the two
// lengths, times the number of parts.
bool PathMatches(std::string_view pattern, std::string_view path);

// The same for a filter on files: a pattern also matches all that is below what it matches, so that "site", "site/" and
// "site/**" mean the folder.
bool PathConcerns(std::string_view pattern, std::string_view path);

}  // namespace tinyforge
