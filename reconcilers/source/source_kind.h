// A source kind turns a Workload into the containers, networks, volumes and files that should exist. Pure over a
// commit: what the world supplies comes in through the request. Kinds are registered in one table (registry.cc).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/core/ports.h"
#include "reconcilers/core/repo_writer.h"
#include "reconcilers/core/source_images.h"

namespace tinyforge {

// The image that is to run, where something decided on it that the manifest does not say.
struct ResolvedImage {
  std::string reference;  // what to ask the Engine for: "shop@sha256:…"
  std::string name;       // as the template says it: "shop:1.4.2@sha256:…"
  std::string tag;        // for people and for paths of volumes; a short digest where there is none
  std::string set_by;     // as in v1::ResolvedSource
  bool operator==(const ResolvedImage&) const = default;
};

struct RenderRequest {
  const v1::Object& workload;
  const TreeReader& tree;
  SecretReader& secrets;
  const HostPaths& paths;
  std::string project;  // identity of the root of the parent chain; the workload's own without one
  std::map<std::string, ResolvedImage, std::less<>> resolved{};  // by service; of one that is not there the manifest's
};

// What a rendering read beside the manifest: files and folders of the tree, present or not, and secrets. A commit that
// changes one of them concerns the workload.
struct ReadSet {
  std::set<std::string> paths;
  std::set<std::string> secrets;

  // Whether a change of `path` concerns it: the path itself or something below a folder that was read.
  bool Covers(std::string_view path) const;
};

// A service whose source is to say another version.
struct VersionChange {
  const ConfigSnapshot& snapshot;
  const v1::Object& workload;
  std::string service;  // empty: the workload's own image
  // The images that services of the workload are to have, by service: this one, and others that are to change as well.
  std::map<std::string, v1::ImageSource, std::less<>> wanted;
  SecretReader& secrets;
};

class SourceKind {
 public:
  virtual ~SourceKind() = default;
  virtual std::string_view Kind() const = 0;
  // Whether this kind serves the workload's source.
  virtual bool Serves(const v1::Source& source) const = 0;
  // A small manifest that works, as YAML.
  virtual std::string_view Sample() const = 0;
  // The images that the source names. `tree` is read by kinds whose files say it; errors as of Render.
  virtual Expected<SourceImages> Images(const v1::Object& workload, const TreeReader& tree,
                                        SecretReader& secrets) const = 0;
  // The one value of the repository to change, so that the source says the version that is wanted of the service, and
  // another one of no service that is not wanted to have it, and nothing else changes. Invalid and Conflict say why
  // there is none; errors as of Images, Transient also when another workload could not be read now.
  virtual Expected<VersionEdit> EditOf(const VersionChange& change) const = 0;
  // At least one service; each after those that it depends on.
  // Waiting when a secret is not there, Terminal when a file of the repository is not; `read_set` is filled in any
  // case, so that the arrival of what is missing is noticed.
  virtual Expected<DesiredServices> Render(const RenderRequest& request, ReadSet& read_set) const = 0;
};

// The kinds of this build, by name.
std::span<const SourceKind* const> SourceKinds();

// The kind that serves the source. Terminal, with the known kinds listed, when none does.
Expected<const SourceKind*> FindSourceKind(const v1::Source& source);

}  // namespace tinyforge
