// From the merged tree of a project to its model. Strict: what the Compose Specification does not know, or knows and is
// not done here, is an error with its place, never silence. Pure but for what `Surroundings` read.
#pragma once

#include <string>
#include <vector>

#include "api-types/doc/node.h"
#include "api-types/meta/error.h"
#include "reconcilers/source/compose/project.h"
#include "reconcilers/source/compose/project_scope.h"

namespace tinyforge::compose {

struct DecodeRequest {
  std::string name;                // of the project, as Compose sanitises it
  const doc::Node& root;           // merged, interpolated, without services that no active profile brings
  const doc::Node& disabled;       // a mapping of those: what they say is checked, and nothing made of it
  std::vector<std::string> files;  // paths, by the file of a mark
  Surroundings surroundings;
};

// Terminal, with every problem on a line of its own ("compose.yaml:3:7: services.web.ports[0]: expected …"), in the
// order of files and lines; of more than ten the first and how many more.
Expected<Project> Decode(const DecodeRequest& request);

}  // namespace tinyforge::compose
