#include "reconcilers/workload/version_decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

SysTime At(int seconds) {
  return SysTime(std::chrono::seconds(seconds));
}

VersionQuestion Manifest(const std::string& tag = "1.4.2") {
  return {.repository = "shop", .manifest = {tag, ""}};
}

VersionQuestion Decided(const std::string& tag = "1.4.2", bool writes_back = false) {
  VersionQuestion question = Manifest(tag);
  question.deciding = DecidingBinding{"auto", writes_back};
  return question;
}

TriggeredVersion Policy(const std::string& tag, const std::string& digest = "") {
  return {.binding = "auto", .version = {tag, digest}, .base = "shop:1.4.2", .policy = true, .why = "it says so"};
}

TriggeredVersion Event(const std::string& binding, const std::string& tag, int at,
                       const std::string& base = "shop:1.4.2") {
  return {.binding = binding, .version = {tag, ""}, .base = base, .why = "it was pushed", .at = At(at)};
}

TEST(DecideVersion, WithoutMoreTheManifestDecides) {
  const VersionDecision decision = DecideVersion(Manifest(), {});
  EXPECT_EQ(decision.reference, "shop:1.4.2");
  EXPECT_EQ(decision.set_by, "manifest");
  EXPECT_EQ(decision.why, "the manifest says so");
  EXPECT_TRUE(decision.by_manifest);
  EXPECT_EQ(DecideVersion({.repository = "shop"}, {}).reference, "shop:latest");
  EXPECT_EQ(DecideVersion({.repository = "shop", .manifest = {"", "sha256:1"}}, {}).reference, "shop@sha256:1");
}

TEST(DecideVersion, APolicyDecidesOverTheManifestByDigest) {
  Facts facts;
  facts.versions = {Policy("1.5.0", "sha256:9")};
  const VersionDecision decision = DecideVersion(Decided(), facts);
  EXPECT_EQ(decision.reference, "shop@sha256:9");
  EXPECT_EQ(decision.version, (ImageVersion{"1.5.0", "sha256:9"}));
  EXPECT_EQ(decision.set_by, "binding/auto");
  EXPECT_EQ(decision.from, &facts.versions.front());
  EXPECT_FALSE(decision.by_manifest);
}

TEST(DecideVersion, APolicyThatFoundNothingYetLeavesItToTheManifest) {
  EXPECT_EQ(DecideVersion(Decided(), {}).why, "the manifest says so; binding/auto has found nothing yet");
}

// A binding that is renamed or takes over must not bring back the manifest's version until it has asked.
TEST(DecideVersion, WhatAnotherBindingsPolicySaidHoldsUntilThisOneHasItsOwn) {
  Facts facts;
  facts.versions = {Policy("1.5.0")};
  facts.versions.front().binding = "before";
  EXPECT_EQ(DecideVersion(Decided(), facts).reference, "shop:1.5.0");
  AcceptVersion(Policy("1.6.0"), facts);
  EXPECT_THAT(facts.versions, SizeIs(1));
  EXPECT_EQ(DecideVersion(Decided(), facts).reference, "shop:1.6.0");
}

TEST(DecideVersion, WithoutADecidingBindingAPolicysVersionIsOfNoConcern) {
  Facts facts;
  facts.versions = {Policy("1.5.0")};
  EXPECT_EQ(DecideVersion(Manifest(), facts).reference, "shop:1.4.2");
}

TEST(DecideVersion, WhatIsExcludedIsNotThePolicys) {
  Facts facts;
  facts.versions = {Policy("1.5.0")};
  facts.excluded = {{{"1.5.0", ""}, "it was rolled back", At(1)}};
  const VersionDecision decision = DecideVersion(Decided(), facts);
  EXPECT_EQ(decision.reference, "shop:1.4.2");
  EXPECT_EQ(decision.why, "the manifest says so; 1.5.0 is passed over: it was rolled back");
  facts.versions = {Policy("1.5.1")};
  EXPECT_EQ(DecideVersion(Decided(), facts).reference, "shop:1.5.1");
}

TEST(DecideVersion, APinHoldsOverAll) {
  Facts facts;
  facts.versions = {Policy("1.5.0"), Event("push", "1.6.0", 9)};
  facts.pin = Pin{"shop@sha256:3", "1.3.0", "shop:1.4.2", At(7)};
  const VersionDecision pinned = DecideVersion(Decided(), facts);
  EXPECT_EQ(pinned.reference, "shop@sha256:3");
  EXPECT_EQ(pinned.version.tag, "1.3.0");
  EXPECT_EQ(pinned.set_by, "pin");
  EXPECT_EQ(DecideVersion(Decided("1.4.3"), facts).reference, "shop:1.5.0");
}

TEST(DecideVersion, ExclusionsAreNotForWhatAnEventAsksFor) {
  Facts facts;
  facts.versions = {Event("push", "1.6.0", 9)};
  facts.excluded = {{{"1.6.0", ""}, "it was rolled back", At(1)}};
  EXPECT_EQ(DecideVersion(Manifest(), facts).reference, "shop:1.6.0");
}

TEST(DecideVersion, WhatAPersonDeployedIsCalledSo) {
  Facts facts;
  facts.versions = {Event("", "1.6.0", 9)};
  EXPECT_EQ(DecideVersion(Manifest(), facts).set_by, "deploy");
}

// The latest event decides, whatever the order in which they are given.
TEST(DecideVersion, TheOrderOfEventsDecidesNothing) {
  Facts facts;
  facts.versions = {Event("a", "1", 5), Event("b", "2", 8), Event("c", "3", 8), Event("d", "4", 7),
                    Event("e", "5", 99, "shop:1")};
  std::mt19937 random(1);
  for (int i = 0; i < 50; ++i) {
    std::ranges::shuffle(facts.versions, random);
    EXPECT_EQ(DecideVersion(Manifest(), facts).version.tag, "3");
    EXPECT_EQ(DecideVersion(Manifest(), facts).set_by, "binding/c");
  }
}

TEST(FollowManifest, AnEditEndsPinAndEventForGood) {
  Facts facts;
  facts.versions = {Event("push", "abc1234", 5)};
  facts.pin = Pin{"shop@sha256:3", "1.3.0", "shop:1.4.2", At(7)};
  FollowManifest(Manifest(), At(9), facts);
  EXPECT_THAT(facts.versions, SizeIs(1));
  FollowManifest(Manifest("1.4.3"), At(9), facts);
  EXPECT_THAT(facts.versions, IsEmpty());
  EXPECT_FALSE(facts.pin);
  FollowManifest(Manifest(), At(9), facts);
  EXPECT_EQ(DecideVersion(Manifest(), facts).reference, "shop:1.4.2");
}

TEST(FollowManifest, WithoutWriteBackAnEditLeavesThePolicysVersion) {
  Facts facts;
  facts.versions = {Policy("1.5.0")};
  for (const char* tag : {"1.4.3", "1.5.0", "1.4.2"}) {
    FollowManifest(Decided(tag), At(9), facts);
    EXPECT_EQ(DecideVersion(Decided(tag), facts).reference, "shop:1.5.0") << tag;
  }
  EXPECT_THAT(facts.excluded, IsEmpty());
}

TEST(FollowManifest, ARevertOfWhatWasWrittenBackIsARevert) {
  Facts facts;
  facts.versions = {Policy("1.5.0", "sha256:5")};
  FollowManifest(Decided("1.5.0", true), At(8), facts);
  EXPECT_TRUE(facts.versions.front().written);
  FollowManifest(Decided("1.4.2", true), At(9), facts);
  EXPECT_THAT(facts.excluded,
              ElementsAre(ExcludedVersion{{"1.5.0", "sha256:5"}, "git went back from it to 1.4.2", At(9)}));
  EXPECT_EQ(DecideVersion(Decided("1.4.2", true), facts).reference, "shop:1.4.2");
  // Until a newer one appears.
  AcceptVersion(Policy("1.5.1"), facts);
  EXPECT_EQ(DecideVersion(Decided("1.4.2", true), facts).reference, "shop:1.5.1");
}

// Before it is written, another hand may have edited the manifest: the policy decides on.
TEST(FollowManifest, AnEditBeforeTheWriteBackIsNoRevert) {
  Facts facts;
  facts.versions = {Policy("1.5.0")};
  FollowManifest(Decided("1.4.3", true), At(8), facts);
  FollowManifest(Decided("1.4.4", true), At(9), facts);
  EXPECT_THAT(facts.excluded, IsEmpty());
  EXPECT_EQ(DecideVersion(Decided("1.4.4", true), facts).reference, "shop:1.5.0");
}

TEST(FollowManifest, WithoutADecidingBindingNothingOfPoliciesIsKept) {
  Facts facts;
  facts.versions = {Policy("1.5.0")};
  FollowManifest(Manifest(), At(8), facts);
  EXPECT_THAT(facts.versions, IsEmpty());
}

// Somebody had typed it before the policy found it, or another controller had written it.
TEST(FollowManifest, WhatTheManifestSaidAlreadyCanBeRevertedAsWell) {
  Facts facts;
  facts.versions = {Policy("1.4.2")};
  FollowManifest(Decided("1.4.2", true), At(8), facts);
  FollowManifest(Decided("1.4.0", true), At(9), facts);
  EXPECT_EQ(DecideVersion(Decided("1.4.0", true), facts).reference, "shop:1.4.0");
  EXPECT_THAT(facts.excluded, SizeIs(1));
}

TEST(FollowManifest, TheCommitOfAnEarlierVersionDoesNotEndALaterOne) {
  Facts facts;
  AcceptVersion(Event("push", "1.5.0", 5), facts);
  AcceptVersion(Event("push", "1.6.0", 6), facts);  // while 1.5.0 is being written
  FollowManifest(Manifest("1.5.0"), At(9), facts);
  EXPECT_EQ(DecideVersion(Manifest("1.5.0"), facts).reference, "shop:1.6.0");
  FollowManifest(Manifest("1.4.3"), At(9), facts);
  EXPECT_EQ(DecideVersion(Manifest("1.4.3"), facts).reference, "shop:1.4.3");
}

TEST(FollowManifest, ThePinOutlivesTheCommitThatWritesItBack) {
  Facts facts;
  facts.pin = Pin{"shop@sha256:3", "1.3.0", "shop:1.4.2", At(7)};
  FollowManifest(Decided("1.3.0", true), At(9), facts);
  ASSERT_TRUE(facts.pin);
  EXPECT_EQ(DecideVersion(Decided("1.3.0", true), facts).set_by, "pin");
  FollowManifest(Decided("1.4.4", true), At(9), facts);
  EXPECT_FALSE(facts.pin);
}

TEST(FollowManifest, WhatWasFoundForAnotherRepositoryIsOfNoUse) {
  Facts facts;
  facts.versions = {Policy("1.5.0", "sha256:5")};
  VersionQuestion moved = Decided();
  moved.repository = "internal/shop";
  FollowManifest(moved, At(9), facts);
  EXPECT_THAT(facts.versions, IsEmpty());
}

class RecoverVersions : public ::testing::Test {
 protected:
  static std::vector<ObservedContainer> Running(const std::string& version) {
    ObservedContainer c{.id = "c1", .name = "shop", .image = "shop@sha256:5", .image_id = "sha256:i"};
    c.state = ContainerState::Running;
    c.labels = {{std::string(label::kManaged), "true"},   {std::string(label::kRole), "main"},
                {std::string(label::kReplica), "1"},      {std::string(label::kSeq), "1"},
                {std::string(label::kImage), "sha256:i"}, {std::string(label::kTemplateHash), "h"},
                {std::string(label::kVersion), version}};
    return {c};
  }
  static std::string After(const VersionQuestion& question, const std::string& version, Facts facts = {}) {
    tinyforge::RecoverVersions(question, Running(version), facts);
    const VersionDecision decision = DecideVersion(question, facts);
    return decision.set_by + " " + decision.reference;
  }
};

TEST_F(RecoverVersions, WhatRunsForABindingAPinOrAPersonGoesOnWithoutFacts) {
  EXPECT_EQ(After(Decided(), "1.5.0@sha256:5 by binding/auto"), "binding/auto shop@sha256:5");
  EXPECT_EQ(After(Manifest(), "1.5.0@sha256:5 by binding/push"), "binding/push shop@sha256:5");
  EXPECT_EQ(After(Manifest(), "1.5.0@sha256:5 by deploy"), "deploy shop@sha256:5");
  EXPECT_EQ(After(Decided(), "1.5.0@sha256:5 by pin"), "pin shop@sha256:5");
  EXPECT_EQ(After(Decided(), "1.4.2@sha256:5 by manifest"), "manifest shop:1.4.2");
}

TEST_F(RecoverVersions, FactsThatAreThereSayMore) {
  Facts known;
  known.good = {{.reference = "shop:1.4.2", .image_id = "sha256:i", .version = "1.4.2"}};
  EXPECT_EQ(After(Manifest(), "1.5.0@sha256:5 by deploy", known), "manifest shop:1.4.2");
}

TEST(AcceptVersion, OneABindingAndNoMoreThanAreKept) {
  Facts facts;
  for (int i = 0; i < 12; ++i) AcceptVersion(Event("b" + std::to_string(i), "1", i), facts);
  EXPECT_THAT(facts.versions, SizeIs(kVersionsKept));
  AcceptVersion(Event("b11", "2", 99), facts);
  EXPECT_THAT(facts.versions, SizeIs(kVersionsKept));
  EXPECT_EQ(facts.versions.back().version.tag, "2");
}

TEST(AcceptVersion, TheLastOneIsTheLatestThoughTheClockWentBack) {
  Facts facts;
  AcceptVersion(Event("push", "1.5.0", 100), facts);
  AcceptVersion(Event("", "1.6.0", 40), facts);
  EXPECT_EQ(DecideVersion(Manifest(), facts).version.tag, "1.6.0");
  AcceptVersion(Event("push", "1.7.0", 40), facts);
  EXPECT_EQ(DecideVersion(Manifest(), facts).version.tag, "1.7.0");
}

TEST(ExcludeVersion, OnceEachAndNoMoreThanAreKept) {
  Facts facts;
  for (int i = 0; i < 12; ++i) ExcludeVersion({{std::to_string(i % 10), ""}, "x", At(i)}, facts);
  EXPECT_THAT(facts.excluded, SizeIs(kVersionsKept));
  EXPECT_THAT(facts.excluded.back().why, HasSubstr("x"));
}

}  // namespace
}  // namespace tinyforge
