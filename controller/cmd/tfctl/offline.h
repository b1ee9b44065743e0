// tfctl validate, explain, completion: without a controller.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/terminal.h"

namespace tinyforge::tfctl {

struct ValidateOptions {
  std::vector<std::string> paths;  // each a file, or the folder that --path names
  bool partial = false;            // they are a part of the configuration
};
// Decodes manifests as the controller does, with the rules between objects, those of triggers and bindings on any host
// included. Prints every error and warning at its line, and a summary. 1 when there are errors.
//
// A binding whose trigger or workload is not there is an error, since it does nothing; a warning when the paths are a
// part (or no folder is among them), for it may stand in another file. So is a selector that selects nothing, always.
// What only follows from another error is not told again.
int Validate(const Terminal& terminal, const ValidateOptions& options);

int Explain(const Terminal& terminal, const std::string& field);

// A script for bash, zsh or fish, which asks tfctl for the names of objects.
int Completion(const Terminal& terminal, const std::string& shell);

}  // namespace tinyforge::tfctl
