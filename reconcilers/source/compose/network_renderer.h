// The networks of a service.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/source/compose/project.h"

namespace tinyforge::compose {

// The network of this key as it is to be made.
DesiredNetwork RenderNetwork(const Project& project, const std::string& key);

// How the service of this name joins its networks, in the order of their priorities. A link's other name for a service
// is known to all on its networks: the Engine's own links name containers, and those change.
std::vector<NetworkAttachment> RenderAttachments(const Project& project, const std::string& name);

}  // namespace tinyforge::compose
