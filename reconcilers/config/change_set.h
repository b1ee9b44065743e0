// What differs between two revisions of the configuration.
#pragma once

#include <vector>

#include "api-types/v1/object_set.h"

namespace tinyforge {

struct ChangeSet {
  std::vector<v1::ObjectPtr> changed;  // added, or spec, metadata or position differ; by key
  std::vector<ObjectKey> removed;

  bool empty() const { return changed.empty() && removed.empty(); }
};

// Linear in the objects, but objects that are shared between the sets are not looked into. A set that is not complete
// removes nothing.
ChangeSet Diff(const v1::ObjectSet& before, const v1::ObjectSet& after);

}  // namespace tinyforge
