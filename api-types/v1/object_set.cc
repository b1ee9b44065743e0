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

}  // namespace tinyforge::v1
