// API routes that read. Internal to controller/serve.
#pragma once

#include "controller/serve/backend.h"
#include "controller/serve/router.h"

namespace tinyforge::serve {

void AddReads(Router& router, Backend& backend);

}  // namespace tinyforge::serve
