// The files and volumes of a workload, rendered to mounts and to what must lie on the host before a start.
#pragma once

#include "reconcilers/source/source_kind.h"

namespace tinyforge {

// Appends to desired.files, and the mounts to `container`. Folders of the repository become one mount each.
Expected<void> RenderFiles(const RenderRequest& request, ReadSet& read_set, DesiredState& desired,
                           ContainerTemplate& container);

// To be called once the template is complete: gives files that are rewritten in place a path that is of this template
// alone. Containers of two templates never share one, so that what serves keeps its files while a release that changes
// them, and more, is tried; a change of content alone leaves template and path as they are.
void PlaceRewrittenFiles(DesiredState& desired, ContainerTemplate& container);

// Appends to desired.directories and desired.volumes, and the mounts to `container`.
Expected<void> RenderVolumes(const RenderRequest& request, DesiredState& desired, ContainerTemplate& container);

}  // namespace tinyforge
