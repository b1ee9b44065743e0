// Services in the namespaces of another one, and the order in which services go.
#include "reconcilers/workload/sharing.h"

#include <gmock/gmock.h>

#include "tests/unit/reconcilers/workload/reconciler_fixture.h"

namespace tinyforge {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kProject = R"(
name: shop
services:
  app: {image: "web:1", restart: always, network_mode: "service:vpn", environment: {LEVEL: info}}
  probe: {image: "web:1", restart: always, pid: "service:app"}
  vpn: {image: "web:1", restart: always, environment: {EXIT: fr}}
)";

class SharingTest : public WorkloadReconcilerTest {
 protected:
  SharingTest() {
    spec.rollout.healthy_after = std::chrono::seconds(5);
    CommitCompose(std::string(kProject));
    Settle();
    engine.calls.clear();
  }
  static std::string Changed(std::string_view from, std::string_view to) {
    std::string text(kProject);
    return text.replace(text.find(from), from.size(), to);
  }
  const std::string& IdOf(const std::string& name) { return engine.FindByName(name)->id; }
  void ExpectInPlace() {
    ASSERT_TRUE(engine.FindByName("shop-vpn-1") && engine.FindByName("shop-app-1") &&
                engine.FindByName("shop-probe-1"));
    EXPECT_THAT(engine.FindByName("shop-app-1")->shares, ElementsAre(IdOf("shop-vpn-1")));
    EXPECT_THAT(engine.FindByName("shop-probe-1")->shares, ElementsAre(IdOf("shop-app-1")));
    EXPECT_EQ(engine.containers.size(), 3u);
    for (const auto& [id, c] : engine.containers) EXPECT_EQ(c.state, ContainerState::Running) << c.name;
  }
  void SettleLong() { Settle(), Settle(), Settle(); }
};

TEST_F(SharingTest, WhoSharesIsMadeAfterWhoseNamespacesItHas) {
  ExpectInPlace();
  Settle();
  EXPECT_THAT(engine.calls, IsEmpty());
}

TEST_F(SharingTest, WhoSharesFollowsAReplacement) {
  const std::string before = IdOf("shop-vpn-1");
  CommitCompose(Changed("EXIT: fr", "EXIT: ch"));
  SettleLong();
  ExpectInPlace();
  EXPECT_NE(IdOf("shop-vpn-1"), before);
  EXPECT_EQ(engine.FindByName("shop-app-1")->Label(label::kCause), "follows vpn");
  EXPECT_EQ(engine.FindByName("shop-probe-1")->Label(label::kCause), "follows app");
}

TEST_F(SharingTest, WhatServesIsNotStoppedBeforeTheOthersHaveFollowed) {
  const std::string old = IdOf("shop-vpn-1");
  engine.after_call = [&] {
    for (const auto& [id, c] : engine.containers) {
      if (c.state != ContainerState::Running || c.Label(label::kRole) != "app") continue;
      EXPECT_EQ(engine.containers[c.shares.front()].state, ContainerState::Running) << c.name;
    }
  };
  CommitCompose(Changed("EXIT: fr", "EXIT: ch"));
  for (int i = 0; i < 30; ++i) {
    Pass(), engine.Tick(std::chrono::seconds(5)), now += std::chrono::seconds(5);
    if (!engine.containers.contains(old)) break;
  }
  EXPECT_FALSE(engine.containers.contains(old));
}

TEST_F(SharingTest, AChangeOfBothIsMadeOnce) {
  std::string text = Changed("EXIT: fr", "EXIT: ch");
  CommitCompose(text.replace(text.find("LEVEL: info"), 11, "LEVEL: warn"));
  SettleLong();
  ExpectInPlace();
  EXPECT_EQ(std::ranges::count_if(engine.calls, [](const auto& call) { return call.starts_with("create shop-app"); }),
            1);
}

TEST_F(SharingTest, WhatWasRemovedByHandIsMadeAnewAndFollowed) {
  engine.containers.erase(IdOf("shop-vpn-1"));
  SettleLong();
  ExpectInPlace();
}

TEST_F(SharingTest, ARestartIsFollowedByARestart) {
  const std::string app = IdOf("shop-app-1");
  engine.SetRunning(*engine.FindByName("shop-vpn-1"));
  const auto plan = reconciler.Preview(*config.Current(), {Kind::Workload, "web"}, now);
  ASSERT_TRUE(plan);
  EXPECT_THAT(ToString(plan->plan), HasSubstr("(follows vpn, which was started again)"));
  SettleLong();
  ExpectInPlace();
  EXPECT_EQ(IdOf("shop-app-1"), app);
}

TEST_F(SharingTest, WhileItIsDownWhoSharesIsNotStarted) {
  engine.fail = [](const std::string& call) -> std::optional<Error> {
    if (call != "start shop-vpn-1") return std::nullopt;
    return Error{ErrorKind::Transient, "no luck"};
  };
  for (const std::string name : {"shop-vpn-1", "shop-app-1"}) {
    engine.FindByName(name)->state = ContainerState::Exited;
    engine.running.erase(IdOf(name));
  }
  const Outcome outcome = Pass();
  EXPECT_THAT(engine.calls, ElementsAre("start shop-vpn-1"));
  engine.fail = nullptr;
  SettleLong();
  ExpectInPlace();
}

TEST_F(SharingTest, AfterACrashAnywhereAllFollowInTheEnd) {
  CommitCompose(Changed("EXIT: fr", "EXIT: ch"));
  for (int stop = 0; stop < 40; ++stop) {
    int left = 1;  // of each pass only so much is done
    engine.fail = [&](const std::string&) -> std::optional<Error> {
      if (left-- > 0) return std::nullopt;
      return Error{ErrorKind::Transient, "the controller is gone"};
    };
    Pass(), engine.Tick(std::chrono::seconds(5)), now += std::chrono::seconds(5);
  }
  engine.fail = nullptr;
  SettleLong();
  ExpectInPlace();
}

class TeardownTest : public SharingTest {
 protected:
  std::vector<std::string> Stops() {
    std::vector<std::string> stops;
    for (const std::string& call : engine.calls)
      if (call.starts_with("stop ")) stops.push_back(call.substr(5));
    return stops;
  }
};

TEST_F(TeardownTest, ARemovedWorkloadGoesInReverseOrder) {
  Remove();
  Pass();
  EXPECT_THAT(Stops(), ElementsAre("shop-probe-1"));
  Settle();
  EXPECT_THAT(Stops(), ElementsAre("shop-probe-1", "shop-app-1", "shop-vpn-1"));
  EXPECT_TRUE(engine.containers.empty());
}

TEST_F(TeardownTest, RemovedServicesGoInReverseOrderAndWhatWasKnownOfThemToo) {
  ASSERT_FALSE(facts.facts["web.app"].good.empty());
  CommitCompose("name: shop\nservices: {other: {image: \"web:1\", restart: always}}");
  SettleLong();
  EXPECT_THAT(Stops(), ElementsAre("shop-probe-1", "shop-app-1", "shop-vpn-1"));
  EXPECT_EQ(engine.containers.size(), 1u);
  for (const std::string service : {"web.app", "web.probe", "web.vpn"}) {
    EXPECT_THAT(facts.facts[service].good, IsEmpty()) << service;
    EXPECT_THAT(facts.facts[service].superseded, IsEmpty()) << "the image is used by the service other";
  }
  EXPECT_FALSE(facts.facts["web.other"].good.empty());
}

TEST_F(TeardownTest, ACircleOfLabelsHoldsNobody) {
  engine.FindByName("shop-vpn-1")->labels[std::string(label::kDependsOn)] = "probe";
  Remove();
  Settle();
  EXPECT_TRUE(engine.containers.empty());
}

}  // namespace
}  // namespace tinyforge
