#include "controller/facts/instance_lock.h"

#include <utility>

#include "api-types/codec/hash.h"

namespace tinyforge {
namespace {

// Engine ids and instance names may hold any character.
std::string LockPath(const InstanceLockKey& key) {
  const std::string both = key.engine_id + '\0' + key.instance;
  return key.directory + "/" + Sha256Hex(both).substr(0, 32) + ".lock";
}

}  // namespace

Expected<InstanceLock> InstanceLock::TryLock(const InstanceLockKey& key) {
  if (auto made = MakeDirectories(key.directory, 0755); !made) return std::move(made).error();
  auto file = LockedFile::TryLock(LockPath(key), "instance " + key.instance + ", engine " + key.engine_id);
  if (file) return InstanceLock(std::move(*file));
  if (file.error().kind != ErrorKind::Conflict) return std::move(file).error();
  return Error{ErrorKind::Conflict, "instance " + key.instance + " is held by " + file.error().message};
}

}  // namespace tinyforge
