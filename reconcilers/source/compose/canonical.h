// The forms in which merging is defined: "merges apply to the expanded form" (page "Compose file" of the Compose
// Specification). Which keys have more than one form is said by its pages on services, networks and volumes.
#pragma once

#include "reconcilers/source/compose/load_session.h"

namespace tinyforge::compose {

// Writes out, in place, of a model whose texts are interpolated:
//   - NAME=VALUE lists as mappings: environment, labels, annotations, sysctls, args of a build, …; NAME alone as null
//   - extra_hosts as a mapping of name -> address, or of name -> list where a name has several
//   - lists of names as mappings: networks and models of a service (to null), depends_on (to condition and required)
//   - one text as a list of it: dns, dns_search, tmpfs, env_file, label_file
//   - build and extends given as one text
// and leaves the keys x-* out, except where keys are names of somebody's own. What has none of the forms of its key
// stays as it is, for the decoder to refuse; an item of a list that cannot become a member is Terminal.
Expected<void> MakeCanonical(LoadSession& session, doc::Node& model);

}  // namespace tinyforge::compose
