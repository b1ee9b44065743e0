// tfctl import compose: a compose file becomes a Workload, without a controller.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/terminal.h"

namespace tinyforge::tfctl {

struct ImportOptions {
  std::vector<std::string> files;  // at least one, merged in this order
  std::string name;                // of the workload; empty: the project's
  std::string project_name;        // empty: as docker compose finds it
  std::string project_directory;   // of the host; empty: none
  std::vector<std::string> profiles;
  std::vector<std::string> env_files;
  bool adopt = false;  // what docker compose started of it is taken over
  std::string output;  // "-": `out`; empty: NAME.workload.yaml beside the first file
  bool force = false;  // a file that is there is overwritten
};

// Reads the files as the controller would and writes the manifest, which `tfctl validate` passes. The project keeps the
// name that docker compose gave it, so that its volumes and networks are found again. What needs a decision is noted on
// `err`, and so is every error, at its line; nothing is written then. Paths are as typed.
int ImportCompose(const Terminal& terminal, const ImportOptions& options);

}  // namespace tinyforge::tfctl
