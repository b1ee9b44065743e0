// Keeps two controllers from using one state directory: each would collect the files and overwrite the facts, the clone
// and the cache of the other.
#pragma once

#include <string>

#include "api-types/meta/time.h"
#include "controller/facts/locked_file.h"
#include "controller/runtime/log.h"

namespace tinyforge {

// Locks the file "lock" of the directory, which must exist. Waits that long for a process that is about to end, and
// says so. Conflict names who holds it and what would be right.
Expected<LockedFile> LockStateDirectory(const std::string& directory, Duration patience, Logger& log);

}  // namespace tinyforge
