#include "reconcilers/source/compose/order.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace tinyforge::compose {
namespace {

// Walks from service to service along the dependencies, each once.
class Walk {
 public:
  explicit Walk(const Project& project) : project_(project) {}

  ServiceOrder Run() {
    for (const auto& [name, service] : project_.services)
      if (!Visit(name)) break;
    return std::move(order_);
  }

 private:
  // Whether no cycle was met.
  bool Visit(const std::string& start) {
    if (done_.contains(start)) return true;
    Push(start);
    while (!path_.empty()) {
      auto& next = next_.back();
      if (next == DependenciesOf(path_.back()).end()) {
        Pop();
        continue;
      }
      const std::string& name = (next++)->first;
      if (on_path_.contains(name)) {
        order_.cycle.assign(std::ranges::find(path_, name), path_.end());
        return false;
      }
      if (!done_.contains(name) && project_.services.contains(name)) Push(name);
    }
    return true;
  }

  const std::map<std::string, Dependency, std::less<>>& DependenciesOf(std::string_view name) const {
    return project_.services.find(name)->second.depends_on;
  }

  void Push(std::string_view name) {
    path_.push_back(name);
    on_path_.insert(name);
    next_.push_back(DependenciesOf(name).begin());
  }

  void Pop() {
    order_.names.emplace_back(path_.back());
    done_.insert(path_.back());
    on_path_.erase(path_.back());
    path_.pop_back();
    next_.pop_back();
  }

  const Project& project_;
  ServiceOrder order_;
  std::vector<std::string_view> path_;
  std::vector<std::map<std::string, Dependency, std::less<>>::const_iterator> next_;
  std::set<std::string_view> on_path_;
  std::set<std::string_view> done_;
};

}  // namespace

ServiceOrder OrderOf(const Project& project) {
  return Walk(project).Run();
}

}  // namespace tinyforge::compose
