#include "controller/trigger/delivery_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_delivery_log.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class DeliveryDeskTest : public ::testing::Test {
 protected:
  Delivery Of(std::size_t outcomes, DeliveryResult result = DeliveryResult::Pending) {
    Delivery delivery{.trigger = "push", .cause = "webhook"};
    for (std::size_t i = 0; i < outcomes; ++i)
      delivery.outcomes.push_back({.binding = "b" + std::to_string(i), .workload = "shop", .result = result});
    return delivery;
  }
  int& calls(const std::string& who) { return calls_[who]; }
  std::function<void()> Count(const std::string& who) {
    return [this, who] { ++calls_[who]; };
  }

  FakeDeliveryLog log_;
  FakeClock clock_;
  std::map<DeliveryResult, int> counted_;
  std::map<std::string, int> calls_;
  DeliveryDesk desk_{log_, clock_, [this](DeliveryResult r) { ++counted_[r]; }};
};

TEST_F(DeliveryDeskTest, IdsAreInOrderAndNoneIsGivenTwiceThoughTheClockStands) {
  const std::string a = desk_.Open(Of(1)).id;
  const std::string b = desk_.Open(Of(1)).id;
  EXPECT_LT(a, b);
  EXPECT_THAT(a, SizeIs(13));
}

TEST_F(DeliveryDeskTest, ADeliveryIsFinalWhenItsLastOutcomeIs) {
  const Delivery delivery = desk_.Open(Of(2));
  desk_.Await(delivery.id, Count("waiter"));
  desk_.Settle({{delivery.id, 0}}, DeliveryResult::Rolling, "on its way");
  desk_.Settle({{delivery.id, 0}}, DeliveryResult::Deployed, "runs");
  EXPECT_EQ(calls("waiter"), 0);
  clock_.Advance(std::chrono::seconds(3));
  desk_.Settle({{delivery.id, 1}}, DeliveryResult::Errored, "no");
  EXPECT_EQ(calls("waiter"), 1);
  const Delivery ended = desk_.Find(delivery.id).value();
  EXPECT_EQ(ended.ended, clock_.SystemNow());
  EXPECT_EQ(ended.outcomes[0].message, "runs");
  EXPECT_EQ(counted_[DeliveryResult::Deployed], 1);
  EXPECT_EQ(counted_[DeliveryResult::Errored], 1);
}

TEST_F(DeliveryDeskTest, WhatIsFinalChangesNoMoreAndWhoWaitsIsCalledOnce) {
  const Delivery delivery = desk_.Open(Of(1));
  desk_.Await(delivery.id, Count("waiter"));
  desk_.Settle({{delivery.id, 0}}, DeliveryResult::Deployed, "runs");
  desk_.Settle({{delivery.id, 0}}, DeliveryResult::Errored, "no");
  desk_.Settle({{delivery.id, 7}, {"unknown", 0}}, DeliveryResult::Errored, "no");
  EXPECT_EQ(calls("waiter"), 1);
  EXPECT_EQ(desk_.Find(delivery.id)->outcomes[0].message, "runs");
  EXPECT_EQ(counted_[DeliveryResult::Errored], 0);
}

TEST_F(DeliveryDeskTest, WhoWaitsForWhatIsFinalOrUnknownIsCalledAtOnce) {
  const Delivery none = desk_.Open(Of(0));
  EXPECT_NE(none.ended, SysTime{});
  desk_.Await(none.id, Count("none"));
  desk_.Await("unknown", Count("unknown"));
  EXPECT_EQ(calls("none"), 1);
  EXPECT_EQ(calls("unknown"), 1);
}

TEST_F(DeliveryDeskTest, WhoWaitsMayAskTheDesk) {
  const Delivery delivery = desk_.Open(Of(1));
  std::size_t pending = 1;
  desk_.Await(delivery.id, [&] { pending = CountOutcomes(*desk_.Find(delivery.id)).pending; });
  desk_.Settle({{delivery.id, 0}}, DeliveryResult::Deployed, "runs");
  EXPECT_EQ(pending, 0u);
}

TEST_F(DeliveryDeskTest, WhatIsLoggedAndFinalIsFoundInTheLog) {
  const Delivery delivery = desk_.Open(Of(1));
  EXPECT_TRUE(desk_.HasNews());
  ASSERT_TRUE(desk_.Flush());
  EXPECT_FALSE(desk_.HasNews());
  EXPECT_EQ(log_.kept.Get().deliveries.at(delivery.id).outcomes[0].result, DeliveryResult::Pending);
  desk_.Settle({{delivery.id, 0}}, DeliveryResult::Deployed, "runs");
  ASSERT_TRUE(desk_.Flush());
  EXPECT_EQ(desk_.Find(delivery.id)->outcomes[0].result, DeliveryResult::Deployed);
  log_.kept.Do([](FakeDeliveryLog::Kept& k) { k.deliveries.clear(); });
  EXPECT_FALSE(desk_.Find(delivery.id));  // it is there and nowhere else
}

TEST_F(DeliveryDeskTest, ALogThatFailsHoldsNothingUp) {
  log_.kept.Do([](FakeDeliveryLog::Kept& k) { k.fail = true; });
  const Delivery open = desk_.Open(Of(1));
  const Delivery done = desk_.Open(Of(1, DeliveryResult::NoMatch));
  EXPECT_FALSE(desk_.Flush());
  EXPECT_TRUE(desk_.Find(open.id));
  EXPECT_FALSE(desk_.Find(done.id));
  log_.kept.Do([](FakeDeliveryLog::Kept& k) { k.fail = false; });
  desk_.Settle({{open.id, 0}}, DeliveryResult::Deployed, "runs");
  ASSERT_TRUE(desk_.Flush());
  EXPECT_TRUE(log_.kept.Get().deliveries.contains(open.id));
}

TEST_F(DeliveryDeskTest, TheOldestIsGivenUpWhenTooManyAreUnderWay) {
  const Delivery first = desk_.Open(Of(2));
  desk_.Await(first.id, Count("first"));
  desk_.Settle({{first.id, 0}}, DeliveryResult::Deployed, "runs");
  for (std::size_t i = 1; i <= kLiveDeliveries; ++i) desk_.Open(Of(1));
  EXPECT_EQ(calls("first"), 1);
  const Delivery given_up = desk_.Find(first.id).value();
  EXPECT_EQ(given_up.outcomes[0].message, "runs");
  EXPECT_EQ(given_up.outcomes[1].result, DeliveryResult::Skipped);
  EXPECT_THAT(given_up.outcomes[1].message, HasSubstr("too many"));
}

// A disk that does not answer for a while.
TEST_F(DeliveryDeskTest, WhatIsFinalAndNotLoggedYetIsBoundedToo) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 3 * kLiveDeliveries; ++i) ids.push_back(desk_.Open(Of(1, DeliveryResult::NoMatch)).id);
  std::size_t kept = 0;
  for (const std::string& id : ids) kept += desk_.Find(id) ? 1 : 0;
  EXPECT_LE(kept, 2 * kLiveDeliveries);
  EXPECT_TRUE(desk_.Find(ids.back()));
}

// Deliveries with hundreds of bindings.
TEST_F(DeliveryDeskTest, OutcomesAreBoundedWhetherTheyAreFinalOrNot) {
  for (const DeliveryResult result : {DeliveryResult::NoMatch, DeliveryResult::Pending}) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < 3 * kLiveOutcomes / 1000; ++i) ids.push_back(desk_.Open(Of(1000, result)).id);
    std::size_t kept = 0;
    for (const std::string& id : ids) kept += desk_.Find(id) ? 1 : 0;
    EXPECT_LE(kept, kLiveOutcomes / 1000);
    EXPECT_GE(kept, kLiveOutcomes / 1000 - 1);
    EXPECT_TRUE(desk_.Find(ids.back()));
  }
}

TEST_F(DeliveryDeskTest, OneThatIsLargerThanAllMayBeStays) {
  const std::string id = desk_.Open(Of(kLiveOutcomes + 1)).id;
  desk_.Settle({{id, kLiveOutcomes}}, DeliveryResult::Deployed, "runs");
  ASSERT_TRUE(desk_.Flush());
  EXPECT_EQ(log_.kept.Get().deliveries.at(id).outcomes.back().message, "runs");
}

TEST_F(DeliveryDeskTest, OneThatIsUnderWayIsNotGivenUpForThoseThatWaitForTheLog) {
  const std::string first = desk_.Open(Of(1)).id;
  for (std::size_t i = 0; i < 3 * kLiveDeliveries; ++i) desk_.Open(Of(1, DeliveryResult::NoMatch));
  EXPECT_EQ(desk_.Find(first)->outcomes[0].result, DeliveryResult::Pending);
}

TEST_F(DeliveryDeskTest, ManyAreWrittenInParts) {
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back(desk_.Open(Of(10, DeliveryResult::NoMatch)).id);
  EXPECT_TRUE(desk_.IsCrowded());
  ASSERT_TRUE(desk_.Flush());
  EXPECT_FALSE(desk_.HasNews());
  EXPECT_FALSE(desk_.IsCrowded());
  EXPECT_THAT(log_.kept.Get().deliveries, SizeIs(1000));
  EXPECT_GE(log_.kept.Get().writes, 3);
}

TEST_F(DeliveryDeskTest, AnIdOfAVendorsThatCameTwiceIsKnownByTheLaterDelivery) {
  Delivery delivery = Of(1);
  delivery.vendor_id = "7";
  desk_.Open(delivery);
  const std::string later = desk_.Open(delivery).id;
  EXPECT_EQ(desk_.FindRepeated("push", "7")->id, later);
  for (int i = 0; i < 5000; ++i) {  // more than are remembered
    delivery.vendor_id = "other " + std::to_string(i);
    desk_.Open(delivery);
  }
  EXPECT_FALSE(desk_.FindRepeated("push", "7"));
  EXPECT_TRUE(desk_.FindRepeated("push", "other 4999"));
}

TEST_F(DeliveryDeskTest, AVendorsIdIsKnownForTenMinutesAndOfItsTriggerAlone) {
  Delivery delivery = Of(2);
  delivery.vendor_id = "7";
  const std::string id = desk_.Open(delivery).id;
  EXPECT_EQ(desk_.FindRepeated("push", "7")->id, id);
  EXPECT_FALSE(desk_.FindRepeated("other", "7"));
  EXPECT_FALSE(desk_.FindRepeated("push", ""));
  desk_.Settle({{id, 0}}, DeliveryResult::Deployed, "runs");
  desk_.Settle({{id, 1}}, DeliveryResult::Skipped, "it runs");
  ASSERT_TRUE(desk_.Flush());
  log_.kept.Do([](FakeDeliveryLog::Kept& k) { k.deliveries.clear(); });  // which is not asked
  const auto repeated = desk_.FindRepeated("push", "7");
  ASSERT_TRUE(repeated);
  EXPECT_EQ(repeated->id, id);
  EXPECT_EQ(CountOutcomes(*repeated).deployed, 1u);
  EXPECT_EQ(CountOutcomes(*repeated).skipped, 1u);
  clock_.Advance(std::chrono::minutes(11));
  EXPECT_FALSE(desk_.FindRepeated("push", "7"));
}

TEST_F(DeliveryDeskTest, AVendorThatRepeatsWhatDidNothingIsHeardAgain) {
  Delivery ignored = Of(1, DeliveryResult::NoMatch);
  ignored.vendor_id = "ping";
  desk_.Open(ignored);
  EXPECT_FALSE(desk_.FindRepeated("push", "ping"));
  Delivery skipped = Of(2);
  skipped.vendor_id = "7";
  const std::string id = desk_.Open(skipped).id;
  desk_.Settle({{id, 0}}, DeliveryResult::Skipped, "it runs already");
  EXPECT_TRUE(desk_.FindRepeated("push", "7"));
  desk_.Settle({{id, 1}}, DeliveryResult::NoMatch, "its binding is gone");
  EXPECT_FALSE(desk_.FindRepeated("push", "7"));
}

// Else a vendor that did not see our answer would bring back what was overtaken.
TEST_F(DeliveryDeskTest, WhatWasLeftToALaterOneIsNotHeardAgain) {
  Delivery delivery = Of(1);
  delivery.vendor_id = "7";
  const std::string id = desk_.Open(delivery).id;
  desk_.Supersede({{id, 0}}, "a later delivery took its place");
  EXPECT_EQ(desk_.Find(id)->outcomes[0].result, DeliveryResult::Skipped);
  EXPECT_EQ(desk_.FindRepeated("push", "7")->id, id);
  ASSERT_TRUE(desk_.Flush());
  EXPECT_EQ(desk_.FindRepeated("push", "7")->id, id);
}

TEST_F(DeliveryDeskTest, BytesAreBounded) {
  Delivery large = Of(1);
  large.events = {
      GitPushed{.repository = "acme/shop", .files = std::vector<std::string>(1000, std::string(1000, 'x'))}};
  EXPECT_GT(SizeOf(large), 1'000'000u);
  std::vector<std::string> open;
  for (large.trigger += "0"; desk_.HasRoom(large); large.trigger += "0") open.push_back(desk_.Open(large).id);
  EXPECT_LE(open.size() * SizeOf(large), kLiveBytes);
  EXPECT_GE(open.size(), 25u);
  EXPECT_TRUE(desk_.HasRoom(Of(1)));
  for (const std::string& id : open) EXPECT_EQ(CountOutcomes(*desk_.Find(id)).pending, 1u) << "none was given up";
  desk_.Settle({{open.front(), 0}}, DeliveryResult::Deployed, "runs");
  EXPECT_TRUE(desk_.HasRoom(large)) << "what is final only waits for the log";
  for (const std::string& id : open) desk_.Settle({{id, 0}}, DeliveryResult::Skipped, std::string(1000, 'm'));
  for (int i = 0; i < 100; ++i) {
    const std::string id = desk_.Open(large).id;
    desk_.Settle({{id, 0}}, DeliveryResult::Deployed, "runs");
  }
  EXPECT_TRUE(desk_.HasRoom(large));
  ASSERT_TRUE(desk_.Flush());
  EXPECT_LT(log_.kept.Get().deliveries.size(), 40u) << "the oldest were given up unlogged";
}

TEST_F(DeliveryDeskTest, MessagesAreKeptWithoutSecrets) {
  DeliveryDesk desk(
      log_, clock_, [](DeliveryResult) {},
      [](std::string_view text) {
        return text == "401: hunter2" ? std::string("401: [redacted]") : std::string(text);
      });
  const std::string id = desk.Open(Of(2)).id;
  desk.Settle({{id, 0}}, DeliveryResult::Errored, "401: hunter2");
  desk.Supersede({{id, 1}}, "401: hunter2");
  EXPECT_EQ(desk.Find(id)->outcomes[0].message, "401: [redacted]");
  EXPECT_EQ(desk.Find(id)->outcomes[1].message, "401: [redacted]");
  ASSERT_TRUE(desk.Flush());
  EXPECT_EQ(log_.kept.Get().deliveries.at(id).outcomes[0].message, "401: [redacted]");
}

TEST_F(DeliveryDeskTest, OneTriggerTakesNoMoreThanAQuarterOfTheBytes) {
  Delivery large = Of(1);
  large.headers["X"] = std::string(1'000'000, 'x');
  std::vector<std::string> open;
  while (desk_.HasRoom(large)) open.push_back(desk_.Open(large).id);
  EXPECT_EQ(open.size(), 8u);
  Delivery other = large;
  other.trigger = "another";
  EXPECT_TRUE(desk_.HasRoom(other));
  desk_.Settle({{open.front(), 0}}, DeliveryResult::Rolling, "rolls");
  EXPECT_FALSE(desk_.HasRoom(large));
  desk_.Settle({{open.front(), 0}}, DeliveryResult::Deployed, "runs");
  EXPECT_TRUE(desk_.HasRoom(large));
  large.headers["X"] = std::string(kLiveBytes / 2, 'x');
  EXPECT_FALSE(desk_.HasRoom(large));
  large.trigger = "idle";
  EXPECT_TRUE(desk_.HasRoom(large)) << "nothing of that trigger is under way";
}

TEST_F(DeliveryDeskTest, WhatWouldBeGivenUpHasNoRoom) {
  std::size_t open = 0;
  for (; desk_.HasRoom(Of(1)); ++open) desk_.Open(Of(1));
  EXPECT_EQ(open, kLiveDeliveries / 16 * 15);
  EXPECT_THAT(counted_, ::testing::IsEmpty());
}

TEST_F(DeliveryDeskTest, WhatIsToBeDoneForTooManyWorkloadsHasNoRoom) {
  const std::string id = desk_.Open(Of(40'000)).id;
  Delivery next = Of(0);
  next.trigger = "another";
  EXPECT_TRUE(desk_.HasRoom(next, 21'000));
  EXPECT_FALSE(desk_.HasRoom(next, 22'000));
  for (std::size_t i = 0; i < 40'000; ++i) desk_.Settle({{id, i}}, DeliveryResult::Deployed, "runs");
  EXPECT_TRUE(desk_.HasRoom(next, 22'000));
}

TEST_F(DeliveryDeskTest, AVendorThatRepeatsWhatFailedIsHeardAgain) {
  Delivery delivery = Of(2);
  delivery.vendor_id = "7";
  const std::string id = desk_.Open(delivery).id;
  desk_.Settle({{id, 0}}, DeliveryResult::Errored, "no");
  EXPECT_FALSE(desk_.FindRepeated("push", "7"));
}

TEST_F(DeliveryDeskTest, OneOfAnEarlierProcessGoesOnWithItsIdAndItsOutcomes) {
  Delivery before = Of(2);
  before.id = "0000000000000abc";
  before.outcomes[0].result = DeliveryResult::Deployed;
  desk_.Reopen(before);
  desk_.Await(before.id, Count("waiter"));
  desk_.Settle({{before.id, 1}}, DeliveryResult::Deployed, "runs");
  EXPECT_EQ(calls("waiter"), 1);
  ASSERT_TRUE(desk_.Flush());
  EXPECT_EQ(log_.kept.Get().deliveries.at(before.id).outcomes[1].message, "runs");
}

TEST_F(DeliveryDeskTest, WhatIsHereAlreadyIsNotTakenUpAgain) {
  const Delivery open = desk_.Open(Of(1));
  EXPECT_FALSE(desk_.Reopen(open));
  Delivery earlier = open;
  earlier.id = "0000000000001";
  EXPECT_TRUE(desk_.Reopen(earlier));
  EXPECT_FALSE(desk_.Reopen(earlier));
  EXPECT_EQ(desk_.Find(open.id), open);
}

}  // namespace
}  // namespace tinyforge
