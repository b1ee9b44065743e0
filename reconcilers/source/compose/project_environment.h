// The variables of a project or of what it includes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/source/compose/model_file.h"

namespace tinyforge::compose {

// Files of variables, paths of the tree.
struct EnvFiles {
  std::string usual{};                              // read where there is one, unless others are named
  std::optional<std::vector<std::string>> named{};  // all must be there; a later one goes before an earlier one
};

// Adds the variables of the files that the environment does not have. `from`: what named them, for the message when one
// is not there; 0 where that is no file.
Expected<void> AddEnvFiles(LoadSession& session, const EnvFiles& files, doc::Mark from, StringMap& environment);

}  // namespace tinyforge::compose
