#include "controller/probe/probe_table.h"

#include <gmock/gmock.h>

namespace tinyforge::probe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const ProbeOutcome kRefused{Verdict::Failure, "refused"};

ProbeTarget Target(const std::string& container, const std::string& address = "10.1.0.2") {
  return {.container = container, .address = address, .check = {.tcp = v1::TcpProbe{.port = 80}}};
}

class ProbeTableTest : public testing::Test {
 protected:
  std::vector<std::string> Due(std::size_t most = 100) {
    std::vector<std::string> containers;
    for (const DueProbe& probe : table_.TakeDue(now_, most)) {
      serials_[probe.target.container] = probe.serial;
      containers.push_back(probe.target.container);
    }
    return containers;
  }
  std::optional<ObjectKey> Settle(const std::string& container, const ProbeOutcome& outcome) {
    return table_.Settle(serials_.at(container), outcome, now_);
  }

  ProbeTable table_;
  SteadyTime now_{std::chrono::hours(1)};
  std::map<std::string, ProbeSerial> serials_;
};

TEST_F(ProbeTableTest, WithoutTargetsNothingIsEverDue) {
  EXPECT_EQ(table_.NextDue(), std::nullopt);
  EXPECT_THAT(table_.Peek("shop"), IsEmpty());
}

TEST_F(ProbeTableTest, ATargetIsDueOnceUntilItsProbeEnds) {
  EXPECT_THAT(table_.Watch("shop", {Target("c1")}, now_), ElementsAre(Pair("c1", ProbeReport{})));
  EXPECT_EQ(table_.NextDue(), now_);
  EXPECT_THAT(Due(), ElementsAre("c1"));
  EXPECT_EQ(table_.NextDue(), std::nullopt);
  EXPECT_THAT(Due(), IsEmpty());
  EXPECT_EQ(Settle("c1", {}), (ObjectKey{Kind::Workload, "shop"}));
  EXPECT_GE(*table_.NextDue(), now_ + std::chrono::seconds(10));
  EXPECT_THAT(table_.Peek("shop"), ElementsAre(Pair("c1", ProbeReport{.state = ProbeState::Healthy})));
}

TEST_F(ProbeTableTest, NothingIsDueBeforeTheNextProbe) {
  table_.Watch("shop", {Target("c1")}, now_);
  Due();
  Settle("c1", {});
  const SteadyTime next = *table_.NextDue();
  now_ = next - std::chrono::nanoseconds(1);
  EXPECT_THAT(Due(), IsEmpty());
  now_ = next;
  EXPECT_THAT(Due(), ElementsAre("c1"));
}

TEST_F(ProbeTableTest, TheLongestDueComeFirstAndTheRestWait) {
  table_.Watch("b", {Target("c2")}, now_);
  table_.Watch("a", {Target("c1"), Target("c3")}, now_ - std::chrono::seconds(1));
  EXPECT_THAT(Due(2), ElementsAre("c1", "c3"));
  EXPECT_THAT(Due(2), ElementsAre("c2"));
}

TEST_F(ProbeTableTest, AWatchOfTheSameTargetsChangesNothing) {
  table_.Watch("shop", {Target("c1"), Target("c2")}, now_);
  EXPECT_TRUE(table_.TakeChanged());
  Due();
  Settle("c1", {});
  EXPECT_THAT(table_.Watch("shop", {Target("c2"), Target("c1")}, now_),
              ElementsAre(Pair("c1", ProbeReport{.state = ProbeState::Healthy}), Pair("c2", ProbeReport{})));
  EXPECT_FALSE(table_.TakeChanged());
  EXPECT_THAT(table_.TakeDropped(), IsEmpty());
}

TEST_F(ProbeTableTest, ATargetWithAnotherAddressStartsAnew) {
  table_.Watch("shop", {Target("c1")}, now_);
  Due();
  Settle("c1", {});
  EXPECT_THAT(table_.Watch("shop", {Target("c1", "10.1.0.3")}, now_), ElementsAre(Pair("c1", ProbeReport{})));
  EXPECT_TRUE(table_.TakeChanged());
  EXPECT_THAT(Due(), ElementsAre("c1"));
}

TEST_F(ProbeTableTest, ATargetWithAnotherCheckStartsAnew) {
  table_.Watch("shop", {Target("c1")}, now_);
  Due();
  Settle("c1", {});
  auto other = Target("c1");
  other.check.timeout = std::chrono::seconds(1);
  EXPECT_THAT(table_.Watch("shop", {other}, now_), ElementsAre(Pair("c1", ProbeReport{})));
}

TEST_F(ProbeTableTest, ARemovedTargetUnderWayIsDroppedAndItsEndChangesNothing) {
  table_.Watch("shop", {Target("c1"), Target("c2")}, now_);
  Due(1);
  EXPECT_THAT(table_.Watch("shop", {}, now_), IsEmpty());
  EXPECT_THAT(table_.TakeDropped(), ElementsAre(serials_.at("c1")));
  EXPECT_EQ(Settle("c1", {}), std::nullopt);
  EXPECT_EQ(table_.NextDue(), std::nullopt);
}

TEST_F(ProbeTableTest, AReplacedTargetDoesNotInheritTheProbeUnderWay) {
  table_.Watch("shop", {Target("c1")}, now_);
  Due();
  table_.Watch("shop", {Target("c1", "10.1.0.3")}, now_);
  EXPECT_EQ(Settle("c1", {}), std::nullopt);
  EXPECT_THAT(table_.Peek("shop"), ElementsAre(Pair("c1", ProbeReport{})));
}

TEST_F(ProbeTableTest, TheFirstOfTwoTargetsOfAContainerIsTaken) {
  table_.Watch("shop", {Target("c1"), Target("c1", "10.1.0.3")}, now_);
  auto due = table_.TakeDue(now_, 10);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].target.address, "10.1.0.2");
}

TEST_F(ProbeTableTest, ACheckThatIsNeitherHttpNorTcpIsNeverDue) {
  auto target = Target("c1");
  target.check.tcp.reset();
  EXPECT_THAT(table_.Watch("shop", {target}, now_), ElementsAre(Pair("c1", ProbeReport{})));
  EXPECT_EQ(table_.NextDue(), std::nullopt);
  table_.Watch("shop", {}, now_);
}

TEST_F(ProbeTableTest, WorkloadsDoNotTouchEachOther) {
  table_.Watch("a", {Target("c1")}, now_);
  table_.Watch("b", {Target("c1")}, now_);
  table_.Watch("a", {}, now_);
  EXPECT_THAT(table_.Peek("b"), ElementsAre(Pair("c1", ProbeReport{})));
  EXPECT_THAT(Due(), ElementsAre("c1"));
}

TEST_F(ProbeTableTest, WhatIsAbandonedIsDueAgain) {
  table_.Watch("shop", {Target("c1"), Target("c2")}, now_);
  Due(1);
  table_.AbandonAll(now_ + std::chrono::seconds(1));
  EXPECT_THAT(Due(), ElementsAre("c2"));
  now_ += std::chrono::seconds(1);
  EXPECT_THAT(Due(), ElementsAre("c1"));
  EXPECT_EQ(Settle("c1", kRefused), (ObjectKey{Kind::Workload, "shop"}));
  EXPECT_THAT(table_.Peek("shop"),
              ElementsAre(Pair("c1", ProbeReport{.message = "refused"}), Pair("c2", ProbeReport{})));
}

}  // namespace
}  // namespace tinyforge::probe
