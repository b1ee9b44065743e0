// Models made of several files: merged in their order, with what they include and extend.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/source/compose/model_file.h"

namespace tinyforge::compose {

// The files of one model, and how it came to be loaded.
struct ModelRequest {
  std::vector<ParsedFile> files;
  Scope scope;
  std::vector<std::string> including;  // the files that include one another down to this model
};

// Merges the documents of all files in their order; of each one first what it includes comes in, then `extends` is
// resolved. In the result no tag and no key include or extends is left, variables that `environment` names without a
// value have the scope's, and secrets and configs that name a variable have its value as their content; where there is
// none, the key environment stays.
Expected<doc::Node> LoadModel(LoadSession& session, ModelRequest request);

}  // namespace tinyforge::compose
