// The files and volumes of a workload, rendered to mounts and to what must lie on the host before a start.
#pragma once

#include "reconcilers/source/source_kind.h"

namespace tinyforge {

// Appends to desired.files, and the mounts to `container`. Folders of the repository become one mount each.
Expected<void> RenderFiles(const RenderRequest& request, ReadSet& read_set, DesiredState& desired,
                           ContainerTemplate& container);

// Appends to desired.directories and desired.volumes, and the mounts to `container`.
Expected<void> RenderVolumes(const RenderRequest& request, DesiredState& desired, ContainerTemplate& container);

// `path` of the manifest in folder `base`, cleaned: "conf/../a" -> "a". Invalid when it leaves the tree.
Expected<std::string> ResolveTreePath(std::string_view manifest_path, std::string_view path);

}  // namespace tinyforge
