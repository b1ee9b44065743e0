// API routes that plan, sync or stream. Internal to controller/serve.
#pragma once

#include "controller/serve/backend.h"
#include "controller/serve/router.h"

namespace tinyforge::serve {

void AddActions(Router& router, Backend& backend);

// The files of a POST /api/plan body.
Expected<FileTree> ReadFileTree(std::string_view body);

}  // namespace tinyforge::serve
