// The anchored values of one YAML document, for its aliases.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "api-types/doc/node.h"

namespace tinyforge::doc {

// What a copy of a node costs.
struct Weight {
  std::size_t nodes = 0;  // values
  std::size_t bytes = 0;  // of text and keys
  std::size_t depth = 0;  // levels of lists and mappings
  Weight& operator+=(const Weight& part);
};

Weight Weigh(const Node& node);

// Anchors may stand inside anchored values: what is kept is bounded as a document is, so that a few bytes of text never
// stand for much memory.
class AnchorTable {
 public:
  struct Entry {
    Node node;
    Weight weight;
  };

  explicit AnchorTable(const Limits& limits) : limits_(limits) {}

  // Keeps a copy. False: the anchored values together exceed the limits.
  bool Store(std::size_t anchor, const Node& node);
  // Null while the value of that anchor is not complete. Valid until the next Store.
  const Entry* Find(std::size_t anchor) const;
  // What to say after a Store that was refused.
  std::string Excess() const;

 private:
  Limits limits_;
  Weight kept_;
  std::map<std::size_t, Entry> entries_;
};

}  // namespace tinyforge::doc
