// A source kind turns a Workload into the containers, networks, volumes and files that should exist. Pure over a
// commit: what the world supplies comes in through the request. Kinds are registered in one table (registry.cc).
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/core/ports.h"

namespace tinyforge {

struct RenderRequest {
  const v1::Object& workload;
  const TreeReader& tree;
  SecretReader& secrets;
  const HostPaths& paths;
  std::string project;  // identity of the root of the parent chain; the workload's own without one
};

// What a rendering read beside the manifest: files and folders of the tree, present or not, and secrets. A commit that
// changes one of them concerns the workload.
struct ReadSet {
  std::set<std::string> paths;
  std::set<std::string> secrets;

  // Whether a change of `path` concerns it: the path itself or something below a folder that was read.
  bool Covers(std::string_view path) const;
};

class SourceKind {
 public:
  virtual ~SourceKind() = default;
  virtual std::string_view Kind() const = 0;
  // Whether this kind serves the workload's source.
  virtual bool Serves(const v1::Source& source) const = 0;
  // A small manifest that works, as YAML.
  virtual std::string_view Sample() const = 0;
  // Waiting when a secret is not there, Terminal when a file of the repository is not; `read_set` is filled in any
  // case, so that the arrival of what is missing is noticed.
  virtual Expected<DesiredState> Render(const RenderRequest& request, ReadSet& read_set) const = 0;
};

// The kinds of this build, by name.
std::span<const SourceKind* const> SourceKinds();

// The kind that serves the source. Terminal, with the known kinds listed, when none does.
Expected<const SourceKind*> FindSourceKind(const v1::Source& source);

}  // namespace tinyforge
