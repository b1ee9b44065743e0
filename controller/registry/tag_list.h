// The tags of a repository, gathered from the pages of its list.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tinyforge::registry {

class TagList {
 public:
  // The tags of one page, {"tags": ["1.4", …]}; null counts as none. What is no tag by the distribution specification
  // is left out: it cannot be asked for. False: it is no such page. Bounded by the page's own size: of all else in it
  // (some registries add more about each image than its tags) nothing is kept, however deep it is.
  bool Add(std::string_view page);

  std::size_t size() const { return tags_.size(); }
  // By bytes, each once; leaves the list empty.
  std::vector<std::string> Take();

 private:
  std::set<std::string, std::less<>> tags_;
};

}  // namespace tinyforge::registry
