#include "reconcilers/source/compose/order.h"

#include <algorithm>
#include <set>

namespace tinyforge::compose {
namespace {

constexpr std::size_t kLongestChain = 100;

class Walk {
 public:
  explicit Walk(const Project& project) : project_(project) {}

  Expected<void> Visit(const std::string& name) {
    if (done_.contains(name)) return {};
    const auto open = std::ranges::find(path_, name);
    if (open != path_.end()) return Circle(open);
    const auto service = project_.services.find(name);
    if (service == project_.services.end()) return {};  // not required, and not there
    if (path_.size() >= kLongestChain)
      return Error{ErrorKind::Terminal,
                   "more than " + std::to_string(kLongestChain) + " services depend on one another in a row"};
    path_.push_back(name);
    for (const auto& [dependency, how] : service->second.depends_on)
      if (auto visited = Visit(dependency); !visited) return visited;
    path_.pop_back();
    done_.insert(name);
    order_.push_back(name);
    return {};
  }
  std::vector<std::string> Take() { return std::move(order_); }

 private:
  Expected<void> Circle(std::vector<std::string>::iterator first) const {
    const std::string& name = *first;
    std::string text;
    for (auto at = first; at != path_.end(); ++at) text += *at + " -> ";
    return Error{ErrorKind::Terminal, "services depend on one another: " + text + name};
  }

  const Project& project_;
  std::vector<std::string> path_;
  std::set<std::string> done_;
  std::vector<std::string> order_;
};

}  // namespace

Expected<std::vector<std::string>> OrderOf(const Project& project) {
  Walk walk(project);
  for (const auto& [name, service] : project.services)
    if (auto visited = walk.Visit(name); !visited) return std::move(visited).error();
  return walk.Take();
}

}  // namespace tinyforge::compose
