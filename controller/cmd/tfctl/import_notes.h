// What a person should decide or know before a compose project is committed as a workload.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/local_tree.h"
#include "reconcilers/source/compose/compose_source.h"

namespace tinyforge::tfctl {

struct ImportedProject {
  const compose::SourceProject& source;
  const ReadSet& reads;  // of reading it
  const LocalTree& tree;
};

// One a line, without any value of a variable.
std::vector<std::string> NotesOf(const ImportedProject& imported);

// Relative bind mounts that the repository does not hold, so that it takes a project directory: "web: ./data".
std::vector<std::string> MissingBinds(const ImportedProject& imported);

}  // namespace tinyforge::tfctl
