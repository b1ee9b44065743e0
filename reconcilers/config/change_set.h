// From the objects in force to those of a new revision, as data. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "api-types/v1/object_set.h"

namespace tinyforge {

// In order of the key.
struct ChangeSet {
  std::vector<v1::ObjectPtr> changed;  // new, or with another spec, metadata or position
  std::vector<ObjectKey> removed;
  bool operator==(const ChangeSet&) const = default;
};

// What leads from `stored` to `next`. A set that is not complete removes nothing.
ChangeSet Diff(const v1::ObjectSet& stored, const v1::ObjectSet& next);

// `next` with those objects of `previous` that it lacks only because something could not be read: the objects last seen
// in a file that has errors now, and those that a faulty document names, wherever it was before. What stands in `next`
// itself always wins. A `next` that is not complete, or has errors that name no object, keeps all of `previous`: the
// object may have moved into the file that cannot be read.
v1::ObjectSet KeepLastSeen(const v1::ObjectSet& previous, v1::ObjectSet next);

// Whether an object that is not in `set` is gone by the will of whoever wrote the commit, and not for want of reading.
// `last_path` is the file it was last seen in (the source label of its containers will do). Needs no earlier set, so
// that it also holds right after a start. Only what is known to be gone may be torn down.
bool IsKnownGone(const v1::ObjectSet& set, const ObjectKey& key, std::string_view last_path);

}  // namespace tinyforge
