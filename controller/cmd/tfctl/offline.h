// tfctl validate, explain, completion: without a controller.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/terminal.h"

namespace tinyforge::tfctl {

// Decodes manifests as the controller does, with the rules between objects; each path is a file or the folder that
// --path names. Prints every error with its line, and a summary. 1 when there are errors.
int Validate(const Terminal& terminal, const std::vector<std::string>& paths);

int Explain(const Terminal& terminal, const std::string& field);

// A script for bash, zsh or fish, which asks tfctl for the names of objects.
int Completion(const Terminal& terminal, const std::string& shell);

}  // namespace tinyforge::tfctl
