// tfctl diff.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

struct DiffOptions {
  std::vector<std::string> names;  // workloads; empty: all
  std::string folder;              // a tree that is not committed yet; empty: the revision in force
};

// Prints what the controller would do. 0: nothing, 1: something, 2: could not tell (as kubectl diff).
int Diff(const Session& session, const DiffOptions& options);

}  // namespace tinyforge::tfctl
