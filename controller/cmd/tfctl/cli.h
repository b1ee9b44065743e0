// Flags and verbs. The only unit behind it includes CLI11.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/terminal.h"

namespace tinyforge::tfctl {

// Reads the command line and runs the verb. Help goes to `out`, usage errors to `err` with code 2.
int RunCommandLine(const std::vector<std::string>& args, const Terminal& terminal);

}  // namespace tinyforge::tfctl
