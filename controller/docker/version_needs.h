// What a create asks for that older Engines ignore without an error.
#pragma once

#include "api-types/meta/error.h"
#include "controller/docker/api_version.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// Terminal, naming what is asked for, the version that it needs and the one that is spoken, unless `version` knows
// everything of the request.
Expected<void> CheckVersion(const CreateRequest& request, ApiVersion version);

// So too, of one network.
Expected<void> CheckVersion(const NetworkAttachment& attachment, ApiVersion version);

}  // namespace tinyforge::docker
