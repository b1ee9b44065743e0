// From a project to what should run: each service becomes a service of the workload.
#pragma once

#include <string>
#include <vector>

#include "api-types/doc/node.h"
#include "reconcilers/source/compose/project.h"
#include "reconcilers/source/source_kind.h"

namespace tinyforge::compose {

// A project with what its workload says about it.
struct RenderInput {
  const Project& project;
  const doc::Node& root;  // that the project was made of, for the places of errors
  const RenderRequest& request;
  std::vector<SecretHandle> secrets;  // by the index of their marks, see SecretText; as of LoadedProject
  std::string folder;                 // of the tree, where relative paths start
  std::string host_folder;            // of the host, where paths start that the repository does not have; may be empty
  std::vector<std::string> files;     // of the project, for places, and for the labels that docker compose reads
  bool adopt = false;                 // see ComposeProject
};

// The secret that a mark stands for. Errors and `read_set` as of SecretReader::Find and SourceKind::Render.
Expected<SecretHandle> SecretAt(const RenderInput& input, std::size_t index, ReadSet& read_set);

// In the order of their dependencies. Waiting when a secret is not there, Terminal when a file is not, or when files
// and environments of all containers are more than 128 MiB. Errors give the place of the service.
Expected<DesiredServices> Render(const RenderInput& input, ReadSet& read_set);

}  // namespace tinyforge::compose
