#include "api-types/doc/tree_builder.h"

#include <algorithm>
#include <utility>

namespace tinyforge::doc {

bool TreeBuilder::Fail(Mark mark, std::string message) {
  error_ = {mark, std::move(message)};
  return false;
}

bool TreeBuilder::Count(Mark mark) {
  if (++nodes_ <= limits_.nodes) return true;
  return Fail(mark, "the document has more than " + std::to_string(limits_.nodes) + " values; split it");
}

bool TreeBuilder::Open(Type type, Mark mark) {
  if (open_.size() >= limits_.depth)
    return Fail(mark, "the document is nested deeper than " + std::to_string(limits_.depth) + " levels");
  if (!Count(mark)) return false;
  Frame& frame = open_.emplace_back();
  frame.node.type = type;
  frame.node.mark = mark;
  return true;
}

bool TreeBuilder::Close() {
  Node node = std::move(open_.back().node);
  open_.pop_back();
  if (node.type == Type::Map && !CheckKeys(node)) return false;
  Place(std::move(node));
  return true;
}

bool TreeBuilder::Key(std::string key, Mark mark) {
  Frame& frame = open_.back();
  frame.key = std::move(key);
  frame.key_mark = mark;
  frame.has_key = true;
  return true;
}

bool TreeBuilder::Scalar(Node node) {
  if (!Count(node.mark)) return false;
  Place(std::move(node));
  return true;
}

void TreeBuilder::Place(Node node) {
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = open_.back();
  if (frame.node.type == Type::List) {
    frame.node.items.push_back(std::move(node));
    return;
  }
  // An empty value has no place of its own: the parser reports that of the token after it.
  if (node.type == Type::Null) node.mark = frame.key_mark;
  frame.node.members.push_back({std::move(frame.key), frame.key_mark, std::move(node)});
  frame.has_key = false;
}

bool TreeBuilder::CheckKeys(const Node& map) {
  std::vector<const Node::Member*> sorted;
  sorted.reserve(map.members.size());
  for (const Node::Member& member : map.members) sorted.push_back(&member);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
  const auto twice =
      std::adjacent_find(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key == b->key; });
  if (twice == sorted.end()) return true;
  const Node::Member& first = **twice;
  std::string message = "the key \"" + first.key + "\" stands twice in one mapping";
  if (first.mark.line != 0) message += "; first at line " + std::to_string(first.mark.line);
  return Fail((*(twice + 1))->mark, std::move(message));
}

}  // namespace tinyforge::doc
