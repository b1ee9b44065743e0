#include "reconcilers/workload/decided_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Not;

ObservedContainer Container(const std::string& image, const std::string& version = "1.4.2 by manifest",
                            const std::string& hash = "h") {
  ObservedContainer c{.id = "c1", .name = "shop", .image = image, .image_id = "sha256:i"};
  c.labels = {{std::string(label::kManaged), "true"},   {std::string(label::kRole), "main"},
              {std::string(label::kReplica), "1"},      {std::string(label::kSeq), "1"},
              {std::string(label::kImage), "sha256:i"}, {std::string(label::kVersion), version},
              {std::string(label::kTemplateHash), hash}};
  return c;
}

VersionDecision Of(const std::string& reference, ImageVersion version, const std::string& set_by) {
  return {.reference = reference, .version = std::move(version), .set_by = set_by, .by_manifest = set_by == "manifest"};
}

std::vector<std::string> NamesOf(const VersionDecision& decision, const std::vector<ObservedContainer>& containers) {
  std::vector<std::string> names;
  for (const ImageWording& wording : WordingsOf(decision, "shop", containers)) names.push_back(wording.image.name);
  return names;
}

TEST(WordingsOf, NewContainersOfABindingsVersionSayTagAndDigest) {
  const auto wordings = WordingsOf(Of("shop@sha256:a", {"1.5.0", "sha256:a"}, "binding/b"), "shop", {});
  EXPECT_EQ(wordings.front().image, (ResolvedImage{"shop@sha256:a", "shop:1.5.0@sha256:a", "1.5.0", "binding/b"}));
  EXPECT_EQ(wordings.front().digest, "");
}

TEST(WordingsOf, OneVersionMayStandThereByItsTagItsDigestOrBoth) {
  EXPECT_THAT(NamesOf(Of("shop@sha256:a", {"1.5.0", "sha256:a"}, "binding/b"), {}),
              ElementsAre("shop:1.5.0@sha256:a", "shop:1.5.0", "shop:1.5.0@sha256:a", "shop@sha256:a"));
}

TEST(WordingsOf, TheManifestsTagMayStandThereWithTheDigestThatRuns) {
  const VersionDecision manifest = Of("shop:1.4.2", {"1.4.2", ""}, "manifest");
  EXPECT_THAT(NamesOf(manifest, {}), ElementsAre("shop:1.4.2"));
  EXPECT_THAT(NamesOf(manifest, {Container("shop@sha256:a", "1.3.0@sha256:a by manifest")}),
              AllOf(Contains("shop:1.4.2@sha256:a"), Not(Contains("shop@sha256:a"))));
  EXPECT_THAT(NamesOf(manifest, {Container("shop@sha256:a", "1.4.2@sha256:a by pin")}), Contains("shop@sha256:a"));
}

TEST(WordingsOf, APinsNewContainersSayWhatItSays) {
  const VersionDecision pin = Of("shop@sha256:a", {"1.5.0", ""}, "pin");
  EXPECT_EQ(NamesOf(pin, {}).front(), "shop@sha256:a");
  EXPECT_THAT(NamesOf(pin, {}), Contains("shop:1.5.0@sha256:a"));
  EXPECT_THAT(NamesOf(Of("sha256:i", {"1.5.0", ""}, "pin"), {Container("shop@sha256:a")}), ElementsAre("sha256:i"));
  EXPECT_THAT(NamesOf(Of("shop@sha256:a", {"sha256:a", ""}, "pin"), {}), Each(Not(::testing::HasSubstr(":sha256:a@"))));
}

TEST(IsWornBy, AContainerOfThatTemplateAndThatImageWearsIt) {
  DesiredState desired;
  desired.containers = {{.name = "shop", .template_hash = "h"}};
  const ImageWording any{{"shop:1.4.2", "shop:1.4.2", "1.4.2", "manifest"}, ""};
  const ImageWording one{{"shop@sha256:a", "shop:1.4.2", "1.4.2", "binding/b"}, "sha256:a"};
  EXPECT_TRUE(IsWornBy(any, desired, {Container("shop@sha256:b")}));
  EXPECT_TRUE(IsWornBy(one, desired, {Container("shop@sha256:a")}));
  EXPECT_FALSE(IsWornBy(one, desired, {Container("shop@sha256:b")}));
  EXPECT_FALSE(IsWornBy(one, desired, {Container("shop:1.4.2")}));
  EXPECT_FALSE(IsWornBy(any, desired, {Container("shop@sha256:a", "1.4.2 by manifest", "another")}));
  ObservedContainer forged = Container("shop@sha256:a");
  forged.image_id = "sha256:of-another-hand";
  EXPECT_FALSE(IsWornBy(one, desired, {forged}));
}

TEST(DigestOf, IsWhatFollowsTheAt) {
  EXPECT_EQ(DigestOf("shop:1.4.2@sha256:a"), "sha256:a");
  EXPECT_EQ(DigestOf("shop:1.4.2"), "");
  EXPECT_EQ(DigestOf("sha256:i"), "");
}

}  // namespace
}  // namespace tinyforge
