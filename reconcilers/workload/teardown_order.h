// The order in which containers of several services go: none before those that depend on it, as their labels say.
#pragma once

#include <set>
#include <vector>

#include "reconcilers/core/observed_state.h"

namespace tinyforge {

// Which of `leaving` wait because one of them that is up depends on their service. Of services that depend on one
// another in a circle, which labels of different ages can make, none waits.
std::set<const ObservedContainer*> AwaitDependents(const std::vector<const ObservedContainer*>& leaving);

}  // namespace tinyforge
