// The variables of a project or of what it includes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/source/compose/model_file.h"

namespace tinyforge::compose {

// A file of the tree that must be there, or what one that was read elsewhere has set.
struct NamedFile {
  std::string path{};  // empty: `values`
  StringMap values{};
};

// Files of variables.
struct EnvFiles {
  std::string usual{};                            // of the tree; read where there is one, unless others are named
  std::optional<std::vector<NamedFile>> named{};  // a later one goes before an earlier one
};

// Adds the variables of the files that the environment does not have. `from`: what named them, for the message when one
// is not there; 0 where that is no file.
Expected<void> AddEnvFiles(LoadSession& session, const EnvFiles& files, doc::Mark from, StringMap& environment);

}  // namespace tinyforge::compose
