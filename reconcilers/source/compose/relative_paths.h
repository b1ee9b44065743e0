// Relative paths of a model that comes from another folder than the project's.
#pragma once

#include <string_view>

#include "api-types/doc/node.h"

namespace tinyforge::compose {

// Rewrites each relative path of a canonical model, which is meant relative to a folder that is `prefix` away from the
// project's, so that it is relative to the project's ("./conf" with the prefix "../common": "../common/conf"). Those
// are, as in compose-go: context and additional_contexts of a build, env_file, label_file, develop.watch, the sources
// of bind mounts, file of secrets and configs, and the device of a local volume that is a bind mount. What begins with
// "/" or "~", is a URL or holds a mark of a secret stays as it is. "." changes nothing.
void RebasePaths(doc::Node& model, std::string_view prefix);

}  // namespace tinyforge::compose
