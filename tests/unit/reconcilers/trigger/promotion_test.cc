#include "reconcilers/trigger/promotion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/trigger/trigger_kind.h"
#include "tests/unit/reconcilers/trigger/trigger_manifests.h"

namespace tinyforge {
namespace {

using std::chrono::minutes;
using ::testing::HasSubstr;
using Phase = PromotionState::Phase;

class PromotionTest : public ::testing::Test {
 protected:
  PromotionTest() {
    v1::Status& status = seen.parent.status;
    status.observed_generation = 3;
    SetCondition(status.conditions, {"Ready", ConditionStatus::True, "Healthy", "", 3, Noon()});
    status.resolved = v1::ResolvedSource{"1.5.0", "sha256:5", "manifest"};
    status.last_rollout = v1::RolloutRecord{.outcome = "Succeeded",
                                            .from = {"1.4.2", "", "id4"},
                                            .to = {"1.5.0", "", "id5"},
                                            .started = Noon() - minutes(1),
                                            .ended = Noon()};
  }

  static SysTime Noon() { return *ParseRfc3339("2026-11-20T12:00:00Z"); }
  PromotionState Look(Duration after_noon) {
    seen.now = Noon() + after_noon;
    return LookAtPromotion(config, seen);
  }

  v1::PromotionTrigger config{.soak = minutes(30)};
  StageSeen seen{.parent = {.name = "staging", .generation = 3}};
};

TEST_F(PromotionTest, WhatRanWellForLongEnoughComes) {
  const PromotionState state = Look(minutes(30));
  EXPECT_EQ(state.phase, Phase::Promoted);
  EXPECT_EQ(state.version, (ImageVersion{"1.5.0", "sha256:5"}));
  EXPECT_EQ(state.why, "staging runs 1.5.0@sha256:5 well since 2026-11-20T12:00:00.000Z");
}

TEST_F(PromotionTest, OfAStageThatRunsByDigestAloneThereIsNoTag) {
  seen.parent.status.resolved->tag = "sha256:5";
  EXPECT_EQ(Look(minutes(30)).version, (ImageVersion{"", "sha256:5"}));
}

TEST_F(PromotionTest, UntilThenItSoaks) {
  const PromotionState state = Look(minutes(30) - std::chrono::milliseconds(1));
  EXPECT_EQ(state.phase, Phase::Soaking);
  EXPECT_EQ(state.until, Noon() + minutes(30));
  EXPECT_THAT(state.why, HasSubstr("soaks until 2026-11-20T12:30:00.000Z"));
}

TEST_F(PromotionTest, ANewVersionSoaksAnewThoughTheParentWasReadyAllTheTime) {
  seen.parent.status.last_rollout->ended = Noon() + minutes(20);
  EXPECT_EQ(Look(minutes(30)).until, Noon() + minutes(50));
  EXPECT_EQ(Look(minutes(50)).phase, Phase::Promoted);
}

TEST_F(PromotionTest, ARepairDoesNotBeginTheSoakAnew) {
  auto& rollout = *seen.parent.status.last_rollout;
  rollout.from = rollout.to;
  rollout.ended = Noon() + minutes(20);
  EXPECT_EQ(Look(minutes(30)).phase, Phase::Promoted);
}

TEST_F(PromotionTest, ApprovalIsOfOneDigest) {
  config.approval = v1::Approval::Required;
  EXPECT_EQ(Look(minutes(29)).phase, Phase::Soaking);
  EXPECT_EQ(Look(minutes(30)).phase, Phase::AwaitingApproval);
  EXPECT_THAT(Look(minutes(30)).why, HasSubstr("waits for approval"));
  seen.approved = "sha256:4";
  EXPECT_EQ(Look(minutes(30)).phase, Phase::AwaitingApproval);
  seen.approved = "sha256:5";
  EXPECT_EQ(Look(minutes(30)).phase, Phase::Promoted);
  EXPECT_EQ(Look(minutes(29)).phase, Phase::Soaking);
}

TEST_F(PromotionTest, AtOnceWaitsForNeitherButForWhatRunsWell) {
  config.approval = v1::Approval::Required;
  seen.at_once = true;
  EXPECT_EQ(Look(minutes(0)).phase, Phase::Promoted);
  EXPECT_THAT(Look(minutes(0)).why, HasSubstr("promoted at once"));
  SetCondition(seen.parent.status.conditions,
               {"Ready", ConditionStatus::False, "RolloutFailed", "exit code 3", 3, Noon()});
  EXPECT_EQ(Look(minutes(0)).phase, Phase::NotReady);
}

TEST_F(PromotionTest, WhatDoesNotRunWellIsNoAnswer) {
  const StageSeen good = seen;
  const auto refused = [&](const auto& change) {
    seen = good;
    change(seen.parent.status);
    const PromotionState state = Look(minutes(60));
    EXPECT_EQ(state.phase, Phase::NotReady);
    EXPECT_EQ(state.version, ImageVersion{});
    return state.why;
  };
  EXPECT_EQ(refused([](v1::Status& s) { s.conditions.clear(); }), "staging is not Ready");
  EXPECT_EQ(refused([](v1::Status& s) {
              SetCondition(s.conditions, {"Ready", ConditionStatus::False, "RolloutFailed", "exit code 3", 3, {}});
            }),
            "staging is not Ready: exit code 3");
  EXPECT_THAT(refused([](v1::Status& s) { s.observed_generation = 2; }), HasSubstr("has not been looked at"));
  EXPECT_EQ(refused([](v1::Status& s) { s.last_rollout->outcome = "InProgress"; }), "staging is being rolled out");
  EXPECT_THAT(refused([](v1::Status& s) { s.resolved->digest.clear(); }), HasSubstr("by which digest"));
  EXPECT_THAT(refused([](v1::Status& s) { s.resolved.reset(); }), HasSubstr("by which digest"));
}

TEST_F(PromotionTest, TheKindActsForWorkloadsWithAParent) {
  const auto trigger = ParseTrigger("promotion: {soak: 30m}");
  const auto shop = ParseWorkload("source: {image: {repository: shop}}, parent: staging");
  const auto match = [&](const TriggerEvent& event) { return MatchTrigger({event, trigger, *shop}); };
  EXPECT_EQ(std::get<NoMatch>(match(ImagePushed{})).reason, "a promotion trigger acts on the stage before");
  EXPECT_EQ(std::get<DeploymentIntent>(match(Fired{})).act, DeploymentIntent::Act::Evaluate);
  const auto first = ParseWorkload("source: {image: {repository: shop}}");
  EXPECT_THAT((*FindTriggerKind(trigger))->WhyUnfit(trigger, *first), HasSubstr("has no spec.parent"));
  EXPECT_EQ((*FindTriggerKind(trigger))->WhyUnfit(trigger, *shop), "");
}

}  // namespace
}  // namespace tinyforge
