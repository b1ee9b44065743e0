#include "reconcilers/trigger/kind/registry_trigger.h"

namespace tinyforge {
namespace {

constexpr std::string_view kSample = R"(apiVersion: tinyforge.dev/v1
kind: Trigger
metadata: {name: stable-images}
spec:
  registry: {tagPolicy: {semver: ">=1.0.0 <2.0.0"}, pollInterval: 10m}
)";

std::string Pushed(const ImagePushed& event) {
  return ToString(PushedName(event.host, event.path)) + ":" + event.tag + " was pushed";
}

MatchResult MatchPush(const ImagePushed& event, const v1::RegistryTrigger& config, const v1::ImageSource& image) {
  const ImageName pushed = PushedName(event.host, event.path);
  const ImageName watched = WatchedImage(config, image);
  if (!MayBeSame(pushed, watched))
    return NoMatch{"the push is to " + ToString(pushed) + ", and " + ToString(watched) + " is watched"};
  if (event.tag.empty()) return NoMatch{"the push to " + ToString(pushed) + " names no tag, so none moved"};
  const auto policy = PolicyFor(config, image);
  if (!policy) return policy.error();
  if (!(*policy)->Admits(event.tag))
    return NoMatch{"tag " + event.tag + " is not admitted by " + (*policy)->ToString()};
  return DeploymentIntent{.version = {event.tag, event.digest}, .reason = Pushed(event)};
}

}  // namespace

ImageName WatchedImage(const v1::RegistryTrigger& config, const v1::ImageSource& image) {
  return SplitImageName(config.image.value_or(image.repository));
}

Expected<std::unique_ptr<const TagPolicy>> PolicyFor(const v1::RegistryTrigger& config, const v1::ImageSource& image) {
  auto made = config.tag_policy ? ParseTagPolicy(*config.tag_policy) : MakeDigestPolicy(image.tag.value_or("latest"));
  if (auto* problem = std::get_if<v1::Problem>(&made))
    return Error{ErrorKind::Invalid, "tagPolicy." + problem->field + ": " + problem->message};
  return std::get<0>(std::move(made));
}

std::string_view RegistryTriggerKind::Sample() const {
  return kSample;
}

std::vector<v1::Problem> RegistryTriggerKind::Validate(const v1::TriggerSpec& config) const {
  if (!config.registry->tag_policy) return {};
  const auto made = ParseTagPolicy(*config.registry->tag_policy);
  const auto* problem = std::get_if<v1::Problem>(&made);
  if (!problem) return {};
  const std::string field = "spec.registry.tagPolicy";
  return {{problem->field.empty() ? field : field + "." + problem->field, problem->message}};
}

std::string RegistryTriggerKind::WhyUnfit(const v1::TriggerSpec& config, const BoundTarget& target) const {
  const v1::ImageSource* image = target.image;
  const v1::Object& workload = target.workload;
  if (!image) return ToString(workload.key) + " has no source.image, whose tag a registry could decide";
  const ImageName own = SplitImageName(image->repository);
  const ImageName watched = WatchedImage(*config.registry, *image);
  if (own != watched)
    return ToString(watched) + " is watched, and " + ToString(workload.key) + " runs " + ToString(own) +
           "; leave out registry.image to watch what each workload runs";
  if (!config.registry->tag_policy && image->digest)
    return ToString(workload.key) + " names a digest and no tag that could be followed; say a tagPolicy";
  return {};
}

MatchResult RegistryTriggerKind::Match(const MatchRequest& request) const {
  const v1::ImageSource& image = *request.target.image;
  if (const auto* push = std::get_if<ImagePushed>(&request.event))
    return MatchPush(*push, *request.config.registry, image);
  if (std::holds_alternative<Fired>(request.event)) return DeploymentIntent{.reason = "it was fired"};
  return NoMatch{"a registry trigger acts on pushed images"};
}

}  // namespace tinyforge
