#include "reconcilers/trigger/kind/manual_trigger.h"

#include "reconcilers/trigger/image_match.h"

namespace tinyforge {
namespace {

constexpr std::string_view kSample = R"(apiVersion: tinyforge.dev/v1
kind: Trigger
metadata: {name: by-hand}
spec:
  manual: {}
)";

// A caller that names an image means that version of it.
MatchResult MatchPush(const ImagePushed& event, const v1::ImageSource* image) {
  const ImageName pushed = PushedName(event.host, event.path);
  if (!image || !MayBeSame(pushed, SplitImageName(image->repository)))
    return NoMatch{"the caller names " + ToString(pushed) + ", which the workload does not run"};
  const ImageVersion version = {event.tag, event.digest};
  return DeploymentIntent{.act = DeploymentIntent::Act::SetVersion,
                          .version = version,
                          .reason = "the caller asked for " + ToString(version)};
}

}  // namespace

std::string_view ManualTriggerKind::Sample() const {
  return kSample;
}

std::vector<v1::Problem> ManualTriggerKind::Validate(const v1::TriggerSpec&) const {
  return {};
}

std::string ManualTriggerKind::WhyUnfit(const v1::TriggerSpec&, const BoundTarget&) const {
  return {};
}

MatchResult ManualTriggerKind::Match(const MatchRequest& request) const {
  if (const auto* push = std::get_if<ImagePushed>(&request.event)) return MatchPush(*push, request.target.image);
  if (std::holds_alternative<TimeCame>(request.event)) return NoMatch{"a manual trigger acts when it is called"};
  return DeploymentIntent{.act = DeploymentIntent::Act::Redeploy, .reason = "it was called"};
}

}  // namespace tinyforge
