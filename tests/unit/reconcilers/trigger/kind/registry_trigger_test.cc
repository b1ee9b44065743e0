#include "reconcilers/trigger/kind/registry_trigger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/trigger/effective_config.h"
#include "tests/unit/reconcilers/trigger/trigger_manifests.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kShop = "source: {image: {repository: registry.example.com/team/shop, tag: \"1.4.2\"}}";
const std::string kRange = "registry: {tagPolicy: {semver: \"^1.4\"}}";

MatchResult Match(const std::string& trigger, const TriggerEvent& event, const std::string& workload = kShop) {
  const auto config = ParseTrigger(trigger);
  const auto object = ParseWorkload(workload);
  EXPECT_EQ(RegistryTriggerKind().WhyUnfit(config, *object), "");
  return MatchTrigger({event, config, *object});
}

std::string Refusal(const MatchResult& result) {
  const auto* none = std::get_if<NoMatch>(&result);
  return none ? none->reason : "matches";
}

std::string Unfit(const std::string& trigger, const std::string& workload) {
  return RegistryTriggerKind().WhyUnfit(ParseTrigger(trigger), *ParseWorkload(workload));
}

TEST(RegistryTriggerKind, APushOfAnAdmittedTagIsEvaluated) {
  const ImagePushed push = {"registry.example.com", "team/shop", "1.5.0", "sha256:1"};
  const MatchResult result = Match(kRange, push);
  ASSERT_TRUE(std::holds_alternative<DeploymentIntent>(result));
  EXPECT_EQ(std::get<DeploymentIntent>(result),
            (DeploymentIntent{.act = DeploymentIntent::Act::Evaluate,
                              .version = {"1.5.0", "sha256:1"},
                              .reason = "registry.example.com/team/shop:1.5.0 was pushed"}));
}

TEST(RegistryTriggerKind, TheRepositoryIsTheTriggersOrTheWorkloads) {
  const ImagePushed hub = {"docker.io", "library/nginx", "1.27.1", ""};
  EXPECT_EQ(Refusal(Match("registry: {tagPolicy: {semver: \"1.x\"}}", hub, "source: {image: {repository: nginx}}")),
            "matches");
  EXPECT_EQ(Refusal(Match("registry: {image: docker.io/nginx, tagPolicy: {semver: \"1.x\"}}", hub,
                          "source: {image: {repository: nginx}}")),
            "matches");
  EXPECT_EQ(Refusal(Match(kRange, hub)),
            "the push is to docker.io/library/nginx, and registry.example.com/team/shop is watched");
  // A sender that does not say the registry, and one that spells it otherwise.
  EXPECT_EQ(Refusal(Match(kRange, ImagePushed{"", "team/shop", "1.5.0", ""})), "matches");
  EXPECT_EQ(Refusal(Match(kRange, ImagePushed{"Registry.Example.com", "Team/Shop", "1.5.0", ""})), "matches");
}

TEST(RegistryTriggerKind, OtherTagsAndEventsAreNone) {
  EXPECT_EQ(Refusal(Match(kRange, ImagePushed{"registry.example.com", "team/shop", "2.0.0", ""})),
            "tag 2.0.0 is not admitted by semver \"^1.4\"");
  EXPECT_EQ(Refusal(Match(kRange, ImagePushed{"registry.example.com", "team/shop", "", "sha256:1"})),
            "the push to registry.example.com/team/shop names no tag, so none moved");
  EXPECT_EQ(Refusal(Match(kRange, GitPushed{})), "a registry trigger acts on pushed images");
  EXPECT_EQ(Refusal(Match(kRange, Fired{})), "matches");
}

TEST(RegistryTriggerKind, WithoutAPolicyTheWorkloadsOwnTagIsFollowed) {
  EXPECT_EQ(Refusal(Match("registry: {}", ImagePushed{"registry.example.com", "team/shop", "1.4.2", ""})), "matches");
  EXPECT_EQ(Refusal(Match("registry: {}", ImagePushed{"registry.example.com", "team/shop", "1.4.3", ""})),
            "tag 1.4.3 is not admitted by digest of \"1.4.2\"");
  EXPECT_EQ(Refusal(Match("registry: {}", ImagePushed{"", "library/nginx", "latest", ""},
                          "source: {image: {repository: nginx}}")),
            "matches");
}

TEST(RegistryTriggerKind, FitsOnlyWhatRunsItsImage) {
  EXPECT_EQ(Unfit("registry: {image: acme/other, tagPolicy: {newest: true}}", kShop),
            "docker.io/acme/other is watched, and workload/shop runs registry.example.com/team/shop; leave out "
            "registry.image to watch what each workload runs");
  EXPECT_THAT(Unfit(kRange, "source: {static: {path: site}}"), HasSubstr("has no source.image"));
  const std::string by_digest = "source: {image: {repository: shop, digest: \"sha256:" + std::string(64, '0') + "\"}}";
  EXPECT_THAT(Unfit("registry: {}", by_digest), HasSubstr("names a digest and no tag"));
  EXPECT_EQ(Unfit(kRange, by_digest), "");
}

TEST(RegistryTriggerKind, APolicyThatCannotBeReadIsNamedByItsField) {
  EXPECT_THAT(ValidateTrigger(ParseTrigger("registry: {tagPolicy: {semver: \">=1.4 <a\"}}")),
              ElementsAre(v1::Problem{"spec.registry.tagPolicy.semver",
                                      "at character 8: expected a number without leading zeros, x or *, got \"a\""}));
  EXPECT_EQ(ValidateTrigger(ParseTrigger("registry: {tagPolicy: {regex: \"a(\"}}")).at(0).field,
            "spec.registry.tagPolicy.regex");
  EXPECT_EQ(ValidateTrigger(ParseTrigger("registry: {tagPolicy: {regex: \"a\", capture: x}}")).at(0).field,
            "spec.registry.tagPolicy.capture");
  EXPECT_THAT(ValidateTrigger(ParseTrigger("registry: {}")), IsEmpty());
}

}  // namespace
}  // namespace tinyforge
