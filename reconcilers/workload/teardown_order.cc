#include "reconcilers/workload/teardown_order.h"

#include <algorithm>
#include <string_view>

#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/slots.h"

namespace tinyforge {
namespace {

// "db" is in "cache,db".
bool Names(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    if (one == name) return true;
    list.remove_prefix(std::min(list.size(), one.size() + 1));
  }
  return false;
}

bool DependsOn(const ObservedContainer& dependent, const ObservedContainer& on) {
  return ServiceOf(dependent) != ServiceOf(on) && Names(dependent.Label(label::kDependsOn), ServiceOf(on));
}

}  // namespace

std::set<const ObservedContainer*> AwaitDependents(const std::vector<const ObservedContainer*>& leaving) {
  std::set<const ObservedContainer*> waiting;
  bool any_goes = false;
  for (const ObservedContainer* c : leaving) {
    const bool waits = std::ranges::any_of(
        leaving, [&](const ObservedContainer* other) { return IsUp(*other) && DependsOn(*other, *c); });
    if (waits) waiting.insert(c);
    any_goes = any_goes || (!waits && IsUp(*c));
  }
  return any_goes ? waiting : std::set<const ObservedContainer*>();
}

}  // namespace tinyforge
