// The whole of tfctl as a function, so that tests call it without a process.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "controller/cmd/tfctl/terminal.h"

namespace tinyforge::tfctl {

// `args` without the program's name. Results go to `out`, everything else to `err`. Returns the exit code: 0 done, 1
// failed (`diff`: differences), 2 usage (`diff`: failed). Reads TFCTL_API_SOCKET, TFCTL_SERVER and TFCTL_TOKEN_FILE.
int TfctlMain(const std::vector<std::string>& args, const Terminal& terminal);
int TfctlMain(const std::vector<std::string>& args, std::ostream& out, std::ostream& err);

}  // namespace tinyforge::tfctl
