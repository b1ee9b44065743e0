#include "api-types/doc/unique_keys.h"

#include <algorithm>
#include <array>
#include <vector>

namespace tinyforge::doc {
namespace {

using Member = Node::Member;

// Keys of another length differ, which is quick to see. Members of one vector: of equal keys the earlier first.
bool IsBefore(const Member* a, const Member* b) {
  if (a->key.size() != b->key.size()) return a->key.size() < b->key.size();
  const int order = a->key.compare(b->key);
  return order != 0 ? order < 0 : a < b;
}

bool IsSame(const Member* a, const Member* b) {
  return a->key == b->key;
}

}  // namespace

std::pair<const Member*, const Member*> FindRepeatedKey(const Node& map) {
  constexpr std::size_t kFew = 128;
  std::array<const Member*, kFew> few;
  std::vector<const Member*> many(map.members.size() > kFew ? map.members.size() : 0);
  const Member** const first = many.empty() ? few.data() : many.data();
  const Member** last = first;
  for (const Member& member : map.members) *last++ = &member;
  std::sort(first, last, IsBefore);
  const Member** const twice = std::adjacent_find(first, last, IsSame);
  if (twice == last) return {nullptr, nullptr};
  return {twice[0], twice[1]};
}

}  // namespace tinyforge::doc
