#include "api-types/doc/anchors.h"

#include <algorithm>

namespace tinyforge::doc {

Weight& Weight::operator+=(const Weight& part) {
  nodes += part.nodes;
  bytes += part.bytes;
  depth = std::max(depth, part.depth);
  return *this;
}

Weight Weigh(const Node& node) {
  Weight inside;
  for (const Node& item : node.items) inside += Weigh(item);
  for (const Node::Member& member : node.members) {
    inside += Weigh(member.value);
    inside.bytes += member.key.size();
  }
  inside += {1, node.text.size(), 0};
  if (node.type == Type::List || node.type == Type::Map) ++inside.depth;
  return inside;
}

bool AnchorTable::Store(std::size_t anchor, const Node& node) {
  const Weight weight = Weigh(node);
  kept_ += weight;
  if (kept_.nodes > limits_.nodes || kept_.bytes > limits_.bytes) return false;
  entries_.insert_or_assign(anchor, Entry{node, weight});
  return true;
}

const AnchorTable::Entry* AnchorTable::Find(std::size_t anchor) const {
  const auto found = entries_.find(anchor);
  return found == entries_.end() ? nullptr : &found->second;
}

std::string AnchorTable::Excess() const {
  return "the anchored values have more than " + std::to_string(limits_.nodes) + " values or " +
         std::to_string(limits_.bytes) + " bytes together";
}

}  // namespace tinyforge::doc
