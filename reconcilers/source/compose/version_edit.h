// Writing a version back into a compose project: which one value of the repository to change.
#pragma once

#include "reconcilers/source/source_kind.h"

namespace tinyforge::compose {

// See SourceKind::EditOf. Every value that the service's image is put together from (version_places.h) is tried on the
// tree as the edit would leave it (version_trial.h), and the first edit after which exactly the services that are
// wanted to have another image have it, and nothing else changes, is taken. Its basis is all that this was judged by.
//
// Conflict when the value says the image of other services too, or something else of any service, of this or of another
// workload, which are named, or when a workload that is made of it cannot be read; Invalid when no single value says
// the version.
Expected<VersionEdit> FindVersionEdit(const VersionChange& change);

}  // namespace tinyforge::compose
