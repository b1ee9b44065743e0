#include "api-types/v1/object_set.h"

namespace tinyforge::v1 {

std::string ToString(const Diagnostic& diagnostic) {
  std::string text = ToString(diagnostic.position) + ": ";
  if (!diagnostic.field.empty()) text += diagnostic.field + ": ";
  return text + diagnostic.message;
}

const Object* ObjectSet::Find(const ObjectKey& key) const {
  auto found = objects.find(key);
  return found == objects.end() ? nullptr : found->second.get();
}

const std::string& IdentityOf(const Object& workload) {
  auto found = workload.meta.annotations.find(std::string(kRenamedFrom));
  return found == workload.meta.annotations.end() ? workload.key.name : found->second;
}

const Object* ObjectSet::Owner(std::string_view identity) const {
  const Object* named = Find({Kind::Workload, std::string(identity)});
  if (named && IdentityOf(*named) == identity) return named;
  for (const auto& [key, object] : objects)
    if (key.kind == Kind::Workload && IdentityOf(*object) == identity) return object.get();
  return nullptr;
}

const std::string* ObjectSet::RefusedAbove(std::string_view path) const {
  if (refused.empty()) return nullptr;
  for (std::size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1))
    if (auto found = refused.find(path.substr(0, end)); found != refused.end()) return &found->first;
  auto found = refused.find(path);
  return found == refused.end() ? nullptr : &found->first;
}

}  // namespace tinyforge::v1
