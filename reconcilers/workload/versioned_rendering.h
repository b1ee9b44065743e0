// Renders a workload with the versions that something decided on in the place of those that its source says.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/source/source_kind.h"
#include "reconcilers/workload/version_decision.h"
#include "reconcilers/workload/workload_ports.h"

namespace tinyforge {

class VersionedRendering {
 public:
  struct Subject {
    const ConfigSnapshot& snapshot;
    SysTime now{};
    bool keeps = false;  // what an edit of the manifest ends is written down, see FollowManifest
  };
  // All arguments are kept by reference and must outlive this, but for the subject.
  VersionedRendering(const WorkloadPorts& ports, ContainerReader& containers, Subject subject)
      : ports_(ports), containers_(containers), subject_(subject) {}

  // `facts` are those of the workload; what is found out about them comes back in them. Of services of its own names
  // they are loaded. A version that runs under another wording already (see decided_image.h) is rendered by that.
  Expected<DesiredServices> Run(RenderRequest request, ReadSet& read_set, Facts& facts) const;

 private:
  struct Draft;
  Expected<void> Decide(Draft& draft, std::size_t service, Facts& of_workload) const;
  static Expected<void> Reword(Draft& draft, std::size_t service, const VersionDecision& decision,
                               const std::string& repository);
  Expected<Facts> Follow(const VersionQuestion& question, const std::string& fact_key,
                         const std::vector<ObservedContainer>& containers, Facts facts) const;

  const WorkloadPorts& ports_;
  ContainerReader& containers_;
  const Subject subject_;
};

}  // namespace tinyforge
