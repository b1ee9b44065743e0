// What belongs to the installation and to no workload: the key under which secret values are fingerprinted.
#pragma once

#include <string>

#include "api-types/meta/error.h"
#include "controller/runtime/log.h"

namespace tinyforge {

// The installation's HMAC key, 32 random bytes, made once. It is kept in <state-dir>/facts/_installation.json and again
// in <state-dir>/installation.json, both 0600, since a new key makes every secret look changed; either copy brings back
// the other, the first one wins. (No workload can be named "_installation".) Without a readable copy a new key is made
// and that is logged.
Expected<std::string> InstallationKey(const std::string& state_dir, Logger& log);

}  // namespace tinyforge
