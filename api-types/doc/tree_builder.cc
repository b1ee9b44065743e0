#include "api-types/doc/tree_builder.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "api-types/doc/unique_keys.h"

namespace tinyforge::doc {

bool TreeBuilder::Fail(Mark mark, std::string message) {
  error_ = {mark, std::move(message)};
  return false;
}

bool TreeBuilder::Count(Mark mark) {
  if (++nodes_ <= limits_.nodes) return true;
  return Fail(mark, "the document has more than " + std::to_string(limits_.nodes) + " values; split it");
}

bool TreeBuilder::Open(Type type, Mark mark, std::size_t anchor, Tag tag) {
  if (open_.size() >= limits_.depth)
    return Fail(mark, "the document is nested deeper than " + std::to_string(limits_.depth) + " levels");
  if (!Count(mark)) return false;
  Frame& frame = open_.emplace_back();
  frame.node.type = type;
  frame.node.tag = tag;
  frame.node.mark = mark;
  frame.anchor = anchor;
  return true;
}

bool TreeBuilder::Close() {
  Frame frame = std::move(open_.back());
  open_.pop_back();
  if (frame.merge_at && !Merge(frame)) return false;
  if (frame.node.type == Type::Map && !CheckKeys(frame.node)) return false;
  return Place(std::move(frame.node), frame.anchor);
}

bool TreeBuilder::Key(std::string key, Mark mark, std::size_t anchor) {
  Frame& frame = open_.back();
  if (anchor != 0 && !anchors_.Store(anchor, Node::Of(key))) return Fail(mark, anchors_.Excess());
  frame.key = std::move(key);
  frame.key_mark = mark;
  frame.has_key = true;
  return true;
}

bool TreeBuilder::MergeKey(Mark mark) {
  Frame& frame = open_.back();
  if (frame.merge_at) return Fail(mark, "the merge key << stands twice in one mapping; write <<: [*first, *second]");
  frame.merge_at = frame.node.members.size();
  return Key("<<", mark);
}

bool TreeBuilder::Scalar(Node node, std::size_t anchor) {
  if (!Count(node.mark)) return false;
  return Place(std::move(node), anchor);
}

bool TreeBuilder::Alias(Mark mark, std::size_t anchor) {
  const AnchorTable::Entry* entry = anchors_.Find(anchor);
  if (entry == nullptr) return Fail(mark, "the alias stands inside the value that it names");
  const bool scalar = entry->node.type != Type::List && entry->node.type != Type::Map;
  if (ExpectsKey()) return scalar ? Key(entry->node.text, mark) : Fail(mark, "a key of a mapping must be text");
  return Charge(mark, entry->weight) && Place(entry->node);
}

bool TreeBuilder::Charge(Mark mark, const Weight& weight) {
  nodes_ += weight.nodes;
  expanded_bytes_ += weight.bytes;
  if (nodes_ > limits_.nodes)
    return Fail(mark, "with its aliases the document has more than " + std::to_string(limits_.nodes) + " values");
  if (expanded_bytes_ > limits_.bytes)
    return Fail(mark, "the aliases stand for more than " + std::to_string(limits_.bytes) + " bytes");
  if (open_.size() + weight.depth > limits_.depth)
    return Fail(mark,
                "with this alias the document is nested deeper than " + std::to_string(limits_.depth) + " levels");
  return true;
}

bool TreeBuilder::Place(Node node, std::size_t anchor) {
  // An empty value has no place of its own: the parser reports that of the token after it.
  const bool member = !open_.empty() && open_.back().node.type == Type::Map;
  if (member && node.type == Type::Null) node.mark = open_.back().key_mark;
  if (anchor != 0 && !anchors_.Store(anchor, node)) return Fail(node.mark, anchors_.Excess());
  if (open_.empty()) {
    root_ = std::move(node);
    return true;
  }
  Frame& frame = open_.back();
  if (member)
    frame.node.members.push_back({std::move(frame.key), frame.key_mark, std::move(node)});
  else
    frame.node.items.push_back(std::move(node));
  frame.has_key = false;
  return true;
}

bool TreeBuilder::Merge(Frame& frame) {
  auto& members = frame.node.members;
  const auto place = members.begin() + static_cast<std::ptrdiff_t>(*frame.merge_at);
  Node::Member merge = std::move(*place);
  const auto after = members.erase(place);
  std::vector<Node> sources;
  if (merge.value.type == Type::List)
    sources = std::move(merge.value.items);
  else
    sources.push_back(std::move(merge.value));
  // What the mapping says itself comes first, then the sources in their order.
  std::set<std::string> taken;
  for (const Node::Member& own : members) taken.insert(own.key);
  std::vector<Node::Member> inherited;
  for (Node& source : sources) {
    if (source.type != Type::Map || source.tag != Tag::None)
      return Fail(merge.mark, "the merge key << takes a mapping or a list of mappings, not " +
                                  std::string(source.tag == Tag::None ? Describe(source.type) : "a tag"));
    for (Node::Member& given : source.members)
      if (taken.insert(given.key).second) inherited.push_back(std::move(given));
  }
  members.insert(after, std::make_move_iterator(inherited.begin()), std::make_move_iterator(inherited.end()));
  return true;
}

bool TreeBuilder::CheckKeys(const Node& map) {
  const auto [first, second] = FindRepeatedKey(map);
  if (first == nullptr) return true;
  std::string message = "the key \"" + first->key + "\" stands twice in one mapping";
  if (first->mark.line != 0) message += "; first at line " + std::to_string(first->mark.line);
  return Fail(second->mark, std::move(message));
}

}  // namespace tinyforge::doc
