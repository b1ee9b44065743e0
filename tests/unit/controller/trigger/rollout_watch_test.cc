#include "controller/trigger/rollout_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_delivery_log.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;

class RolloutWatchTest : public ::testing::Test {
 protected:
  Ticket Open() {
    Delivery delivery{.trigger = "t"};
    delivery.outcomes = {{.binding = "b", .workload = "shop", .result = DeliveryResult::Rolling}};
    return {desk_.Open(delivery).id, 0};
  }
  DeliveryOutcome OutcomeOf(const Ticket& ticket) { return desk_.Find(ticket.delivery)->outcomes[0]; }
  Goal To(const std::string& tag, const std::string& digest) { return {{tag, digest}, clock_.SystemNow()}; }
  v1::Status Status(ConditionStatus ready, const std::string& digest, const std::string& reason = "Ready") {
    v1::Status status;
    status.conditions = {
        {.type = std::string(condition::kReady), .status = ready, .reason = reason, .message = "it says " + reason}};
    status.resolved = v1::ResolvedSource{.tag = "1.5.0", .digest = digest, .set_by = "binding/b"};
    return status;
  }
  v1::Status Rolled(v1::Status status, const std::string& outcome, const std::string& reference) {
    status.last_rollout = v1::RolloutRecord{.outcome = outcome, .ended = clock_.SystemNow()};
    status.last_rollout->to.reference = reference;
    return status;
  }

  FakeDeliveryLog log_;
  FakeClock clock_;
  DeliveryDesk desk_{log_, clock_, [](DeliveryResult) {}};
  RolloutWatch watch_{desk_};
};

TEST_F(RolloutWatchTest, IsDeployedWhenThatDigestRunsAndIsReady) {
  const Ticket ticket = Open();
  watch_.Follow({"shop", ""}, To("1.5.0", "sha256:5"), {ticket});
  watch_.OnStatus("shop", Status(ConditionStatus::True, "sha256:4"));  // of before
  watch_.OnStatus("shop", Status(ConditionStatus::False, "sha256:5"));
  watch_.OnStatus("other", Status(ConditionStatus::True, "sha256:5"));
  EXPECT_EQ(OutcomeOf(ticket).result, DeliveryResult::Rolling);
  watch_.OnStatus("shop", Status(ConditionStatus::True, "sha256:5"));
  EXPECT_EQ(OutcomeOf(ticket).result, DeliveryResult::Deployed);
}

TEST_F(RolloutWatchTest, AFailureCountsOnlyOfThatImage) {
  const Ticket ticket = Open();
  watch_.Follow({"shop", ""}, To("1.5.0", "sha256:5"), {ticket});
  const v1::Status failed = Status(ConditionStatus::False, "sha256:4", "RolloutFailed");
  watch_.OnStatus("shop", Rolled(failed, "Failed", "shop@sha256:4"));
  EXPECT_EQ(OutcomeOf(ticket).result, DeliveryResult::Rolling);
  watch_.OnStatus("shop", Rolled(failed, "Failed", "shop@sha256:5"));
  EXPECT_EQ(OutcomeOf(ticket).result, DeliveryResult::Errored);
  EXPECT_THAT(OutcomeOf(ticket).message, HasSubstr("RolloutFailed"));
}

TEST_F(RolloutWatchTest, MadeAnewIsWhatWasRolledOutSince) {
  const Ticket ticket = Open();
  const v1::Status before = Rolled(Status(ConditionStatus::True, "sha256:4"), "Succeeded", "shop@sha256:4");
  clock_.Advance(std::chrono::seconds(1));
  watch_.Follow({"shop", ""}, {{}, clock_.SystemNow()}, {ticket});
  watch_.OnStatus("shop", before);
  EXPECT_EQ(OutcomeOf(ticket).result, DeliveryResult::Rolling);
  clock_.Advance(std::chrono::seconds(1));
  watch_.OnStatus("shop", Rolled(Status(ConditionStatus::True, "sha256:4"), "Succeeded", "shop@sha256:4"));
  EXPECT_EQ(OutcomeOf(ticket).message, "made anew");
}

TEST_F(RolloutWatchTest, ALaterGoalTakesThePlaceOfTheOneBefore) {
  const Ticket first = Open();
  const Ticket second = Open();
  watch_.Follow({"shop", ""}, To("1.5.0", "sha256:5"), {first});
  watch_.Follow({"shop", ""}, To("1.6.0", "sha256:6"), {second});
  EXPECT_EQ(OutcomeOf(first).result, DeliveryResult::Skipped);
  watch_.OnStatus("shop", Status(ConditionStatus::True, "sha256:6"));
  EXPECT_EQ(OutcomeOf(second).result, DeliveryResult::Deployed);
}

TEST_F(RolloutWatchTest, WhatIsHeldBackEndsAsKeptForLater) {
  for (const char* reason : {"Suspended", "Stopped", "ReadOnly"}) {
    const Ticket ticket = Open();
    watch_.Follow({"shop", ""}, To("1.5.0", "sha256:5"), {ticket});
    watch_.OnStatus("shop", Status(ConditionStatus::False, "sha256:4", reason));
    EXPECT_EQ(OutcomeOf(ticket).result, DeliveryResult::Skipped) << reason;
  }
  const Ticket ticket = Open();
  watch_.Follow({"shop", ""}, To("1.5.0", "sha256:5"), {ticket});
  v1::Status pinned = Status(ConditionStatus::True, "sha256:3");
  pinned.resolved->set_by = "pin";
  watch_.OnStatus("shop", pinned);
  EXPECT_THAT(OutcomeOf(ticket).message, HasSubstr("pinned"));
}

TEST_F(RolloutWatchTest, AWorkloadThatIsGoneEndsWhatWasFollowed) {
  const Ticket ticket = Open();
  watch_.Follow({"shop", ""}, To("1.5.0", "sha256:5"), {ticket});
  watch_.Drop([](const std::string& name) { return name != "shop"; });
  EXPECT_EQ(OutcomeOf(ticket).message, "the workload is gone");
}

TEST_F(RolloutWatchTest, AGoalThatIsNotHeldAnyMoreEnds) {
  const Ticket ticket = Open();
  const Goal goal = To("1.5.0", "sha256:5");
  watch_.Follow({"shop", ""}, goal, {ticket});
  EXPECT_THAT(watch_.Targets(), ::testing::ElementsAre(ServiceName{"shop", ""}));
  watch_.Review({"other", ""}, [](const Goal&) { return false; });
  watch_.Review({"shop", ""}, [&](const Goal& asked) { return asked == goal; });
  EXPECT_EQ(OutcomeOf(ticket).result, DeliveryResult::Rolling);
  watch_.Review({"shop", ""}, [](const Goal&) { return false; });
  EXPECT_EQ(OutcomeOf(ticket).message, "overruled meanwhile");
  EXPECT_THAT(watch_.Targets(), ::testing::IsEmpty());
}

TEST_F(RolloutWatchTest, AGoalThatCameWhileTheOneBeforeWasJudgedStays) {
  const Ticket first = Open();
  const Ticket second = Open();
  watch_.Follow({"shop", ""}, To("1.5.0", "sha256:5"), {first});
  watch_.Review({"shop", ""}, [&](const Goal&) {
    watch_.Follow({"shop", ""}, To("1.6.0", "sha256:6"), {second});
    return false;
  });
  EXPECT_EQ(OutcomeOf(first).message, "a later version took its place");
  EXPECT_EQ(OutcomeOf(second).result, DeliveryResult::Rolling);
}

TEST_F(RolloutWatchTest, TicketsOfAnEarlierProcessFollowTheLatestGoal) {
  const Ticket first = Open();
  const Ticket second = Open();
  const Goal old = To("1.5.0", "sha256:5");
  clock_.Advance(std::chrono::seconds(1));
  watch_.Join({"shop", ""}, old, first);
  watch_.Join({"shop", ""}, To("1.6.0", "sha256:6"), second);
  watch_.OnStatus("shop", Status(ConditionStatus::True, "sha256:6"));
  EXPECT_EQ(OutcomeOf(first).result, DeliveryResult::Deployed);
  EXPECT_EQ(OutcomeOf(second).result, DeliveryResult::Deployed);
}

}  // namespace
}  // namespace tinyforge
