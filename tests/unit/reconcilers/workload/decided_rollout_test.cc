// What bindings, pins and wishes to be made anew do to containers: each version is rolled out once, and what runs
// already is never replaced because it is said in other words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/workload/commands.h"
#include "reconcilers/workload/version_decision.h"
#include "tests/unit/reconcilers/workload/reconciler_fixture.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DecidedRolloutTest : public WorkloadReconcilerTest {
 protected:
  DecidedRolloutTest() {
    engine.images.clear();
    Push("1", "sha256:d1", "sha256:one");
    Settle();
  }
  // The tag points to this digest from now on; what was pulled before stays on the host.
  void Push(const std::string& tag, const std::string& digest, const std::string& id) {
    engine.images["web:" + tag] = id;
    engine.images["web@" + digest] = id;
    engine.pinned[id] = "web@" + digest;
  }
  void Bind(bool writes_back = false) { config.deciding = DecidingBinding{"auto", writes_back}; }
  void Accept(const std::string& tag, const std::string& digest, bool policy = true) {
    AcceptVersion({.binding = policy ? "auto" : "hand",
                   .version = {tag, digest},
                   .base = "web:" + spec.source.image->tag.value_or("latest"),
                   .policy = policy,
                   .why = "because",
                   .at = now},
                  facts.facts["web"]);
  }
  void Tag(const std::string& tag) {
    spec.source.image->tag = tag;
    Commit();
  }
  // Which containers were created since the last call, when all has settled.
  std::size_t Created() {
    Settle();
    std::size_t created = 0;
    for (const std::string& call : std::exchange(engine.calls, {})) created += call.starts_with("create ") ? 1 : 0;
    EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
    return created;
  }
  std::string Running() { return engine.FindByName("web")->image_id; }
};

TEST_F(DecidedRolloutTest, ABindingThatAcceptsWhatRunsReplacesNothing) {
  Created();
  Bind();
  Accept("1", "sha256:d1");
  EXPECT_EQ(Created(), 0u);
  const Outcome outcome = Pass();
  EXPECT_EQ(outcome.status->resolved->tag, "1");
  EXPECT_EQ(outcome.status->resolved->digest, "sha256:d1");
  EXPECT_EQ(outcome.status->resolved->set_by, "binding/auto");
}

TEST_F(DecidedRolloutTest, AnAcceptedVersionIsRolledOutOnceAndItsWriteBackReplacesNothing) {
  Created();
  Bind(true);
  Push("2", "sha256:d2", "sha256:two");
  Accept("2", "sha256:d2");
  EXPECT_EQ(Created(), 1u);
  EXPECT_EQ(Running(), "sha256:two");
  Tag("2");
  EXPECT_EQ(Created(), 0u);
  EXPECT_TRUE(facts.facts["web"].versions.front().written);
  EXPECT_EQ(Pass().status->resolved->digest, "sha256:d2");
}

TEST_F(DecidedRolloutTest, AWriteBackOfAnEventsVersionReplacesNothing) {
  Created();
  Push("2", "sha256:d2", "sha256:two");
  Accept("2", "sha256:d2", false);
  EXPECT_EQ(Created(), 1u);
  Tag("2");
  EXPECT_EQ(Created(), 0u);
  EXPECT_THAT(facts.facts["web"].versions, IsEmpty());
  EXPECT_EQ(Pass().status->resolved->set_by, "manifest");
}

TEST_F(DecidedRolloutTest, ARemovedBindingReplacesNothingWhileTheManifestSaysTheSameTag) {
  Created();
  Bind();
  Push("2", "sha256:d2", "sha256:two");
  Accept("2", "sha256:d2");
  Tag("2");
  EXPECT_EQ(Created(), 1u);
  config.deciding.reset();
  EXPECT_EQ(Created(), 0u);
  EXPECT_THAT(facts.facts["web"].versions, IsEmpty());
  EXPECT_EQ(Pass().status->resolved->set_by, "manifest");
  EXPECT_EQ(Running(), "sha256:two");
}

TEST_F(DecidedRolloutTest, ARemovedBindingGoesBackToWhatTheManifestSays) {
  Created();
  Bind();
  Push("2", "sha256:d2", "sha256:two");
  Accept("2", "sha256:d2");
  Created();
  config.deciding.reset();
  EXPECT_EQ(Created(), 1u);
  EXPECT_EQ(Running(), "sha256:one");
}

TEST_F(DecidedRolloutTest, APinToWhatRunsAndItsEndReplaceNothing) {
  Bind();
  Push("2", "sha256:d2", "sha256:two");
  Accept("2", "sha256:d2");
  Created();
  facts.facts["web"].pin = Pin{.reference = "web@sha256:d2", .version = "2", .base = "web:1"};
  EXPECT_EQ(Created(), 0u);
  EXPECT_EQ(Pass().status->resolved->set_by, "pin");
  facts.facts["web"].pin.reset();
  EXPECT_EQ(Created(), 0u);
}

TEST_F(DecidedRolloutTest, ARollbackOverAPolicyIsOneRolloutAndItsEndNone) {
  Bind();
  Accept("1", "sha256:d1");
  Created();
  Push("2", "sha256:d2", "sha256:two");
  Accept("2", "sha256:d2");
  EXPECT_EQ(Created(), 1u);
  const CommandPorts ports{config, config, facts, store, engine};
  const auto said = RunCommand({.verb = WorkloadCommand::Verb::Rollback, .workload = "web", .now = now}, ports);
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(Created(), 1u);
  EXPECT_EQ(Running(), "sha256:one");
  ASSERT_TRUE(RunCommand({.verb = WorkloadCommand::Verb::Unpin, .workload = "web", .now = now}, ports));
  EXPECT_EQ(Created(), 0u);
  EXPECT_EQ(Running(), "sha256:one");
  EXPECT_TRUE(FindExclusion(facts.facts["web"].excluded, {"2", "sha256:d2"}));
}

TEST_F(DecidedRolloutTest, AnEditToTheVersionThatAPinBroughtReplacesNothing) {
  Push("2", "sha256:d2", "sha256:two");
  facts.facts["web"].pin = Pin{.reference = "web@sha256:d2", .version = "2", .base = "web:1"};
  Created();
  EXPECT_EQ(Running(), "sha256:two");
  Tag("2");
  EXPECT_EQ(Created(), 0u);
  EXPECT_FALSE(facts.facts["web"].pin);
}

TEST_F(DecidedRolloutTest, AnotherDigestOfTheSameTagIsRolledOutOnce) {
  Created();
  Bind();
  Accept("1", "sha256:d1");
  Created();
  Push("1", "sha256:d9", "sha256:nine");
  EXPECT_EQ(Created(), 0u);  // nobody has accepted it
  Accept("1", "sha256:d9");
  EXPECT_EQ(Created(), 1u);
  EXPECT_EQ(Running(), "sha256:nine");
  EXPECT_EQ(Pass().status->resolved->digest, "sha256:d9");
}

TEST_F(DecidedRolloutTest, AWishToBeMadeAnewIsOneRolloutAndLostFactsAreNone) {
  Created();
  const std::string before = engine.FindByName("web")->id;
  facts.facts["web"].remake = Remake{now, "a person asked for it"};
  EXPECT_EQ(Created(), 1u);
  EXPECT_NE(engine.FindByName("web")->id, before);
  EXPECT_EQ(engine.FindByName("web")->Label(label::kCause), "a person asked for it");
  EXPECT_EQ(Running(), "sha256:one");
  facts.facts.clear();
  EXPECT_EQ(Created(), 0u);
  facts.facts["web"].remake = Remake{now - std::chrono::hours(1), "an older one that was restored"};
  EXPECT_EQ(Created(), 0u);
}

TEST_F(DecidedRolloutTest, AWishToBeMadeAnewAndANewVersionAreOneRollout) {
  Created();
  Push("2", "sha256:d2", "sha256:two");
  facts.facts["web"].remake = Remake{now, "a person asked for it"};
  Accept("2", "sha256:d2", false);
  EXPECT_EQ(Created(), 1u);
  EXPECT_EQ(Running(), "sha256:two");
}

TEST_F(DecidedRolloutTest, TheManifestDecidesWhereWhatAPolicyFoundIsExcluded) {
  Created();
  Bind(true);
  Push("2", "sha256:d2", "sha256:two");
  Accept("2", "sha256:d2");
  Tag("2");
  Created();
  Tag("1");  // somebody reverts the write-back
  EXPECT_EQ(Created(), 1u);
  EXPECT_EQ(Running(), "sha256:one");
  EXPECT_THAT(FindExclusion(facts.facts["web"].excluded, {"2", "sha256:d2"})->why, HasSubstr("git went back"));
}

TEST_F(DecidedRolloutTest, TheDigestOfAStatusIsOfWhatServesAndEmptyUntilItDoes) {
  Created();
  EXPECT_EQ(Pass().status->resolved->digest, "sha256:d1");
  Push("2", "sha256:d2", "sha256:two");
  Tag("2");
  EXPECT_EQ(Pass().status->resolved->digest, "");
  Created();
  EXPECT_EQ(Pass().status->resolved->digest, "sha256:d2");
}

}  // namespace
}  // namespace tinyforge
