#include "reconcilers/config/dependencies.h"

#include <algorithm>

namespace tinyforge {
namespace {

const std::vector<std::string>& DependsOn(const v1::ObjectSet& objects, const std::string& workload) {
  static const std::vector<std::string> none;
  const v1::Object* object = objects.Find({Kind::Workload, workload});
  return object ? object->workload().depends_on : none;
}

std::string Print(const std::map<std::string, std::string>& came_from, const std::string& last,
                  const std::string& workload) {
  std::string text = workload;
  for (std::string at = last; at != workload; at = came_from.at(at)) text.insert(0, at + " -> ");
  return text.insert(0, workload + " -> ");
}

}  // namespace

// Breadth first, so that the shortest one is printed and no depth of the graph costs stack.
std::string FindCycle(const v1::ObjectSet& objects, const std::string& workload) {
  std::map<std::string, std::string> came_from;
  std::vector<std::string> todo = {workload};
  for (std::size_t i = 0; i < todo.size(); ++i) {
    const std::string at = todo[i];
    for (const std::string& next : DependsOn(objects, at)) {
      if (next == workload) return at == workload ? workload + " -> " + workload : Print(came_from, at, workload);
      if (came_from.emplace(next, at).second) todo.push_back(next);
    }
  }
  return {};
}

std::vector<std::string> DependentsOf(const v1::ObjectSet& objects, const std::string& workload) {
  std::vector<std::string> dependents;
  for (const auto& [key, object] : objects.objects)
    if (key.kind == Kind::Workload && std::ranges::count(object->workload().depends_on, workload) > 0)
      dependents.push_back(key.name);
  return dependents;
}

std::map<std::string, std::set<std::string>> TeardownOrder(const v1::ObjectSet& objects,
                                                           const std::set<std::string>& removed) {
  std::map<std::string, std::set<std::string>> waits_for;
  for (const std::string& dependent : removed) {
    if (!FindCycle(objects, dependent).empty()) continue;
    for (const std::string& workload : DependsOn(objects, dependent))
      if (removed.contains(workload)) waits_for[workload].insert(dependent);
  }
  return waits_for;
}

}  // namespace tinyforge
