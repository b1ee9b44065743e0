// Paths of the repository's tree: relative to its root, parts divided by "/", the root itself empty. All of it is done
// on the text; nothing is looked up.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge::compose {

// `path` as seen from `folder`, without "." and "x/..": Join("shop", "../etc/./a") is "etc/a". What climbs above the
// root keeps its ".."; a path that begins with "/" is only cleaned.
std::string Join(std::string_view folder, std::string_view path);

// The folder of a file; empty for the root.
std::string FolderOf(std::string_view path);

// How to write `folder` from within `from`, both of them paths of the tree: "../etc", and "." when they are the same.
std::string Relative(std::string_view from, std::string_view folder);

// Whether the path, as Join gives it, lies in the tree.
bool IsInTree(std::string_view path);

}  // namespace tinyforge::compose
