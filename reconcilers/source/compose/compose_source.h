// source.compose: the services of a compose project.
#pragma once

#include <string>

#include "reconcilers/source/compose/loader.h"
#include "reconcilers/source/compose/project.h"
#include "reconcilers/source/source_kind.h"

namespace tinyforge {
namespace compose {

struct Origin {
  const v1::Object& workload;
  SecretReader& secrets;
};

// What the manifest says of its project. Terminal for a path that leaves the tree; Waiting for a secret env file that
// is not there. `read_set` gets the secrets that were asked for.
Expected<LoadRequest> LoadRequestOf(const Origin& from, ReadSet& read_set);

// The project that a workload's source.compose names.
struct SourceProject {
  std::string folder;  // of the tree, where relative paths start
  LoadedProject loaded;
  Project project;
};

// Reads and decodes it, without what it takes from the host, from secrets and from mounted files. Errors and `read_set`
// as of SourceKind::Render.
Expected<SourceProject> ReadProject(const RenderRequest& request, ReadSet& read_set);

}  // namespace compose

class ComposeSourceKind : public SourceKind {
 public:
  std::string_view Kind() const override { return "compose"; }
  bool Serves(const v1::Source& source) const override { return source.compose.has_value(); }
  std::string_view Sample() const override;
  Expected<SourceImages> Images(const v1::Object& workload, const TreeReader& tree,
                                SecretReader& secrets) const override;
  Expected<VersionEdit> EditOf(const VersionChange& change) const override;
  Expected<DesiredServices> Render(const RenderRequest& request, ReadSet& read_set) const override;
};

}  // namespace tinyforge
