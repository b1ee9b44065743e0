#include "reconcilers/config/change_set.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace tinyforge {
namespace {

bool SameContent(const v1::ObjectPtr& a, const v1::ObjectPtr& b) {
  return a == b || (a->spec_hash == b->spec_hash && a->meta == b->meta && a->position.path == b->position.path);
}

}  // namespace

ChangeSet Diff(const v1::ObjectSet& stored, const v1::ObjectSet& next) {
  ChangeSet changes;
  auto old = stored.objects.begin();
  auto now = next.objects.begin();
  while (old != stored.objects.end() || now != next.objects.end()) {
    const bool gone = now == next.objects.end() || (old != stored.objects.end() && old->first < now->first);
    if (gone) {
      if (next.complete) changes.removed.push_back(old->first);
      ++old;
      continue;
    }
    const bool added = old == stored.objects.end() || now->first < old->first;
    if (added || !SameContent(old->second, now->second)) changes.changed.push_back(now->second);
    if (!added) ++old;
    ++now;
  }
  return changes;
}

v1::ObjectSet KeepLastSeen(const v1::ObjectSet& previous, v1::ObjectSet next) {
  if (next.complete && next.errors.empty() && next.refused.empty()) return next;
  std::set<std::string_view> faulty;
  for (const v1::Diagnostic& error : next.errors) faulty.insert(error.position.path);
  const std::set<ObjectKey> broken(next.broken.begin(), next.broken.end());
  std::set<std::string_view> blocking;
  for (const auto& [key, object] : previous.objects) {
    const std::string* refused = next.RefusedAbove(object->position.path);
    const bool unread = !next.complete || next.unnamed_errors || refused || faulty.contains(object->position.path);
    if (!unread && !broken.contains(key)) continue;
    if (next.objects.emplace(key, object).second && refused) blocking.insert(*refused);
  }
  for (std::string_view path : blocking)
    next.errors.push_back({{std::string(path), 1, 1},
                           "",
                           next.refused.find(path)->second + "; the manifests last seen below it stay in force"});
  return next;
}

bool IsKnownGone(const v1::ObjectSet& set, const ObjectKey& key, std::string_view last_path) {
  if (!set.complete || set.unnamed_errors || set.Find(key) != nullptr) return false;
  if (std::find(set.broken.begin(), set.broken.end(), key) != set.broken.end()) return false;
  if (set.RefusedAbove(last_path) || set.bare.contains(last_path)) return false;
  return std::none_of(set.errors.begin(), set.errors.end(),
                      [&](const v1::Diagnostic& error) { return error.position.path == last_path; });
}

}  // namespace tinyforge
