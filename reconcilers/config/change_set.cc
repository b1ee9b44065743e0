#include "reconcilers/config/change_set.h"

namespace tinyforge {
namespace {

bool Same(const v1::ObjectPtr& a, const v1::ObjectPtr& b) {
  return a == b || (a->spec_hash == b->spec_hash && a->meta == b->meta && a->position == b->position);
}

}  // namespace

ChangeSet Diff(const v1::ObjectSet& before, const v1::ObjectSet& after) {
  ChangeSet changes;
  auto old = before.objects.begin();
  auto remove = [&] {
    if (after.complete) changes.removed.push_back(old->first);
    ++old;
  };
  for (const auto& [key, object] : after.objects) {
    while (old != before.objects.end() && old->first < key) remove();
    const bool known = old != before.objects.end() && old->first == key;
    if (!known || !Same(old->second, object)) changes.changed.push_back(object);
    if (known) ++old;
  }
  while (old != before.objects.end()) remove();
  return changes;
}

}  // namespace tinyforge
