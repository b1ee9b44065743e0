// What holds between the parts of a project.
#pragma once

#include "reconcilers/source/compose/project.h"
#include "reconcilers/source/compose/value.h"

namespace tinyforge::compose {

// Adds the network "default" where a service is on it, leaves out what no service uses, and notes what two would
// have (see claims.h), services that wait for each other, and that there is no service at all: a project that lost them
// by a slip must not be taken for one that is to go. `root`: the tree that the project was read from.
void Complete(Project& project, const Value& root);

}  // namespace tinyforge::compose
