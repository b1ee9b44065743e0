// What every command is given.
#pragma once

#include "controller/cmd/tfctl/client.h"
#include "controller/cmd/tfctl/terminal.h"

namespace tinyforge::tfctl {

struct Session {
  ApiClient& client;
  const Terminal& terminal;
};

// Writes "error: …" and gives the exit code for it: usage for Invalid input of the user, else failed.
int Report(const Terminal& terminal, const Error& error);

}  // namespace tinyforge::tfctl
