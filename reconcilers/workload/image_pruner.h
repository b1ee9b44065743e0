// Removes the images that a workload needs no more.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/plan/plan.h"
#include "reconcilers/workload/image_claims.h"

namespace tinyforge {

struct PruneReport {
  std::vector<Event> events;
  std::optional<Duration> come_back;  // something is still there
};

struct PruneRequest {
  const ObjectKey& key;                // as people know the workload
  const std::string& identity;         // as containers do
  std::vector<std::string> fact_keys;  // of its services
  SysTime now{};
};

// Looks at what Facts::superseded of a workload names, and removes from the host what nobody needs. Without such images
// it makes no call. What cannot be removed, or looked at, stays listed with the reason and is no failure of the
// workload. Nothing is removed while the configuration is incomplete or facts of any workload cannot be read.
class ImagePruner {
 public:
  ImagePruner(ConfigReader& config, const PlanTargets& targets) : config_(config), targets_(targets) {}

  PruneReport Prune(const PruneRequest& request);

 private:
  struct Look;
  using Superseded = std::map<std::string, std::vector<SupersededImage>>;  // by fact key
  Superseded Find(const PruneRequest& request);
  Expected<ImageClaims> Claims();
  void LookAt(SupersededImage image, Look& look);
  std::string WhyKept(const SupersededImage& image, const HostImage& found);
  std::string Remove(const SupersededImage& image, const HostImage& found, Look& look);
  bool Conclude(const std::string& fact_key, const Look& look);

  ConfigReader& config_;
  PlanTargets targets_;
};

}  // namespace tinyforge
