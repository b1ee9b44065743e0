// `include`: the page of that name of the Compose Specification. What is included is loaded as a model of its own, with
// its own folder and default variables, and its resources come into the model that includes it.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/source/compose/model_file.h"

namespace tinyforge::compose {

// Puts what a prepared document includes below what it says itself, and takes the key out. Paths of an entry are
// relative to the scope's folder, as compose-go has it. Variables are the scope's, and behind them those of env_file,
// without which `.env` of the included folder counts where there is one; `/dev/null` stands for no file. A resource of
// the same name that says something else is merged, as compose-go does and as if the document overrode it, with a
// warning; of two included ones the first stands above. `including`: the files that led here, this document's last.
// Terminal for a circle, for more than 8 levels, and for a file that is not there.
Expected<void> ApplyIncludes(LoadSession& session, doc::Node& document, const Scope& scope,
                             const std::vector<std::string>& including);

}  // namespace tinyforge::compose
