// Versions as people write them.
#pragma once

#include <string>

#include "api-types/meta/error.h"
#include "reconcilers/core/image_version.h"

namespace tinyforge {

// TAG, sha256:DIGEST or TAG@sha256:DIGEST, as the distribution specification has them; empty: no version. Invalid says
// what would be right.
Expected<ImageVersion> ParseAskedVersion(const std::string& text);

}  // namespace tinyforge
