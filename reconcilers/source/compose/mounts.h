// What a service finds in its file system: volumes, host paths, files of the repository, secrets and configs.
#pragma once

#include <string>

#include "reconcilers/source/compose/render.h"

namespace tinyforge::compose {

// Appends to the files and volumes of `desired`, and the mounts to `container`. A relative path is what the repository
// has there, read-only in the container and made of its content, so that a commit that changes it replaces who uses it;
// what the repository does not have lies below the host folder, and without one that is Terminal.
Expected<void> RenderMounts(const RenderInput& input, const Service& service, ReadSet& read_set, DesiredState& desired,
                            ContainerTemplate& container);

}  // namespace tinyforge::compose
