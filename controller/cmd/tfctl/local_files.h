// Files of a folder on this machine as the controller would see them in a commit.
#pragma once

#include <map>
#include <string>

#include "api-types/meta/error.h"

namespace tinyforge::tfctl {

// Path relative to `folder` -> content of every regular file of at most 16 MiB below it. Symlinks are not followed and
// a .git is left out, as in a commit. Invalid when there is no such folder or a file cannot be read.
Expected<std::map<std::string, std::string>> ReadFolder(const std::string& folder);
Expected<std::string> ReadFile(const std::string& path);

}  // namespace tinyforge::tfctl
