#include "reconcilers/source/compose/model_path.h"

#include <algorithm>
#include <utility>

namespace tinyforge::compose {
namespace {

void WalkFrom(doc::Node& node, ModelPath& path, const std::function<bool(doc::Node&, const ModelPath&)>& visit) {
  if (!visit(node, path)) return;
  path.push_back("[]");
  for (doc::Node& item : node.items) WalkFrom(item, path, visit);
  for (doc::Node::Member& member : node.members) {
    path.back() = member.key;
    WalkFrom(member.value, path, visit);
  }
  path.pop_back();
}

}  // namespace

bool Matches(const ModelPath& path, std::string_view pattern) {
  for (const std::string_view key : path) {
    if (pattern.empty()) return false;
    const std::string_view part = pattern.substr(0, pattern.find('.'));
    if (part != "*" && part != key) return false;
    pattern.remove_prefix(std::min(part.size() + 1, pattern.size()));
  }
  return pattern.empty();
}

std::string Print(const ModelPath& path) {
  std::string out;
  for (const std::string_view key : path) {
    if (!out.empty()) out += '.';
    out += key;
  }
  return out;
}

doc::Node* FindMember(doc::Node& map, std::string_view key) {
  return const_cast<doc::Node*>(std::as_const(map).Find(key));
}

void Walk(doc::Node& node, const std::function<bool(doc::Node&, const ModelPath&)>& visit) {
  ModelPath path;
  WalkFrom(node, path, visit);
}

}  // namespace tinyforge::compose
