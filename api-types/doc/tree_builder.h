// Turns the events of a parser into a Node, and enforces depth, node count and unique keys on the way. Every call
// answers whether to go on; after a false, error() says why and nothing more may be called.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "api-types/doc/anchors.h"
#include "api-types/doc/node.h"

namespace tinyforge::doc {

class TreeBuilder {
 public:
  explicit TreeBuilder(const Limits& limits) : limits_(limits), anchors_(limits) {}

  // The next event inside the innermost open Map is a key.
  bool ExpectsKey() const { return !open_.empty() && open_.back().node.type == Type::Map && !open_.back().has_key; }

  // `anchor`: the number by which aliases name this value, 0 for none.
  bool Open(Type type, Mark mark, std::size_t anchor = 0, Tag tag = Tag::None);  // List or Map
  bool Close();
  bool Key(std::string key, Mark mark, std::size_t anchor = 0);
  bool Scalar(Node node, std::size_t anchor = 0);
  // The key whose value, a Map or a List of Maps, gives the keys that the open Map has not itself.
  bool MergeKey(Mark mark);
  // A copy of the value of that anchor, as a value or as a key.
  bool Alias(Mark mark, std::size_t anchor);
  bool Fail(Mark mark, std::string message);

  const ParseError& error() const { return error_; }
  // The whole document; Null when there was none.
  Node Take() { return std::move(root_); }

 private:
  struct Frame {
    Node node;
    std::string key;
    Mark key_mark;
    std::size_t anchor = 0;
    std::optional<std::size_t> merge_at;  // the member of the merge key
    bool has_key = false;
  };

  bool Count(Mark mark);
  bool Place(Node node, std::size_t anchor = 0);
  bool Charge(Mark mark, const Weight& weight);
  bool Merge(Frame& frame);
  bool CheckKeys(const Node& map);

  Limits limits_;
  AnchorTable anchors_;
  std::vector<Frame> open_;
  std::size_t nodes_ = 0;
  std::size_t expanded_bytes_ = 0;
  Node root_;
  ParseError error_;
};

}  // namespace tinyforge::doc
