// What only one container can have: names, ports of the host, addresses.
#pragma once

#include "reconcilers/source/compose/project.h"
#include "reconcilers/source/compose/value.h"

namespace tinyforge::compose {

// Notes what two containers of the project would have: a name, a port of the host, an address; a link's other name that
// would mean two services to those who ask for it; a network that is the controller's own. `root`: the tree that the
// project was read from.
void CheckClaims(const Project& project, const Value& root);

}  // namespace tinyforge::compose
