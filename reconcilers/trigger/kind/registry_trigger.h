// New tags and digests of an image.
#pragma once

#include "reconcilers/trigger/image_match.h"
#include "reconcilers/trigger/policy/tag_policy.h"
#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {

class RegistryTriggerKind final : public TriggerKind {
 public:
  std::string_view Kind() const override { return "registry"; }
  bool Serves(const v1::TriggerSpec& config) const override { return config.registry.has_value(); }
  bool IsPolicy() const override { return true; }
  std::string_view Sample() const override;
  std::vector<v1::Problem> Validate(const v1::TriggerSpec& config) const override;
  bool NeedsImage(const v1::TriggerSpec&) const override { return true; }
  std::string WhyUnfit(const v1::TriggerSpec& config, const BoundTarget& target) const override;
  MatchResult Match(const MatchRequest& request) const override;
};

// The repository that is watched for an image: the trigger's, else its own.
ImageName WatchedImage(const v1::RegistryTrigger& config, const v1::ImageSource& image);

// The policy that holds for it: tagPolicy, else the digest of the tag in its manifest ("latest" without one). Of a
// config without problems; Invalid otherwise.
Expected<std::unique_ptr<const TagPolicy>> PolicyFor(const v1::RegistryTrigger& config, const v1::ImageSource& image);

}  // namespace tinyforge
