// What an edit would do to all that runs, found out by making it on a copy.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/source/source_kind.h"

namespace tinyforge::compose {

// Services are named "web", those of other workloads "stage/web".
struct EditEffect {
  bool wanted = false;                // the service has the image that it is to have
  std::vector<std::string> images;    // services that have another image, or none, and should not
  std::vector<std::string> replaced;  // services that something else than the image of changes
  // Workloads, with the reason, that cannot be rendered and are made of what is edited: nobody knows what changes.
  std::vector<std::string> unknown;
  EditBasis basis;  // all that this was judged by

  bool IsWantedAlone() const { return wanted && images.empty() && replaced.empty() && unknown.empty(); }
};

// Every workload of the revision is rendered, whichever host it is for, with what the tree says and without any other
// decision on its images. A secret that cannot be had here counts as one that does not change, and as one that sets
// nothing where it is a file of variables.
class VersionTrials {
 public:
  // `change` must outlive it. Transient when something could not be read now.
  static Expected<VersionTrials> Of(const VersionChange& change);

  // Of an edit that cannot be made nothing is wanted. Transient as above.
  Expected<EditEffect> Try(const VersionEdit& edit) const;

 private:
  // A workload before the edit.
  struct Known {
    v1::ObjectPtr workload;
    ReadSet reads;
    std::optional<Error> error{};  // why it cannot be rendered
  };

  explicit VersionTrials(const VersionChange& change) : change_(change) {}
  Expected<void> Learn(const v1::ObjectPtr& workload);
  Expected<std::string> TextAfter(const VersionEdit& edit) const;
  Expected<void> Compare(const Known& known, const v1::ObjectPtr& after, const TreeReader& tree,
                         EditEffect& effect) const;
  std::string NameOf(const v1::Object& workload, const std::string& service) const;
  bool IsWanted(const v1::Object& workload, const std::string& service, const std::string& image) const;

  const VersionChange& change_;
  std::vector<Known> known_;
};

}  // namespace tinyforge::compose
