// Turns the events of a parser into a Node, and enforces depth, node count and unique keys on the way. Every call
// answers whether to go on; after a false, error() says why and nothing more may be called.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api-types/doc/node.h"

namespace tinyforge::doc {

class TreeBuilder {
 public:
  explicit TreeBuilder(const Limits& limits) : limits_(limits) {}

  // The next event inside the innermost open Map is a key.
  bool ExpectsKey() const { return !open_.empty() && open_.back().node.type == Type::Map && !open_.back().has_key; }

  bool Open(Type type, Mark mark);  // List or Map
  bool Close();
  bool Key(std::string key, Mark mark);
  bool Scalar(Node node);
  bool Fail(Mark mark, std::string message);

  const ParseError& error() const { return error_; }
  // The whole document; Null when there was none.
  Node Take() { return std::move(root_); }

 private:
  struct Frame {
    Node node;
    std::string key;
    Mark key_mark;
    bool has_key = false;
  };

  bool Count(Mark mark);
  void Place(Node node);
  bool CheckKeys(const Node& map);

  Limits limits_;
  std::vector<Frame> open_;
  std::size_t nodes_ = 0;
  Node root_;
  ParseError error_;
};

}  // namespace tinyforge::doc
