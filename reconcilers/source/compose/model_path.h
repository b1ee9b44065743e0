// Places of a compose model, by which its rules are told apart.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/doc/node.h"

namespace tinyforge::compose {

// The keys from the root down; "[]" for an item of a list. Valid as long as the tree that it leads through.
using ModelPath = std::vector<std::string_view>;

// Whether the path is one of "services.*.build.args": a star stands for any one key or item.
bool Matches(const ModelPath& path, std::string_view pattern);

// "services.web.ports.[]", for messages.
std::string Print(const ModelPath& path);

// The value of a key of a mapping, to be changed in place; null where it has none.
doc::Node* FindMember(doc::Node& map, std::string_view key);

// Calls `visit` for the node and all below it, a parent before its children. `visit` may change the node that it is
// given, keys too, and answers whether to go on below it.
void Walk(doc::Node& node, const std::function<bool(doc::Node&, const ModelPath&)>& visit);

}  // namespace tinyforge::compose
