// `extends` of services: the section of that name of the Compose Specification's page on services. A service is merged
// on the one that it extends, which stands in the same document or, with `file`, in another file, there without what
// that file includes. Resources that the other one refers to do not come along.
#pragma once

#include "reconcilers/source/compose/model_file.h"

namespace tinyforge::compose {

// Resolves it for all services of `document`, which was read from the file `path` and is prepared. `file` is relative
// to the scope's folder, in a file that was extended to that file's own. Tags stay where they stand in the document.
// Terminal for a service or a file that is not there, for a circle (which is named) and for more than 8 levels; also
// where a service says healthcheck.disable and the one that it extends has a healthcheck, as the specification demands.
Expected<void> ResolveExtends(LoadSession& session, doc::Node& document, const std::string& path, const Scope& scope);

}  // namespace tinyforge::compose
