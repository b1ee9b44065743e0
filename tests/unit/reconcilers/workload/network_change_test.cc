// Networks of compose projects that are made anew under the containers that are on them.
#include "reconcilers/workload/network_change.h"

#include <gmock/gmock.h>

#include "tests/unit/reconcilers/workload/reconciler_fixture.h"

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kProject = R"(
name: shop
services:
  db: {image: "web:1", restart: always, networks: {back: {aliases: [database], ipv4_address: 10.1.0.9}}}
  web: {image: "web:1", restart: always, networks: [back, front], depends_on: [db]}
  job: {image: "web:1", networks: [back], command: [job]}
networks:
  front: {}
  back: {ipam: {config: [{subnet: 10.1.0.0/24}]}}
)";

class NetworkChangeTest : public WorkloadReconcilerTest {
 protected:
  NetworkChangeTest() {
    Write(std::string(kProject));
    Settle();
    auto& job = *engine.FindByName("shop-job-1");
    job.state = ContainerState::Exited;
    Settle();
    engine.calls.clear();
  }
  void Write(const std::string& text) { CommitCompose(text); }
  static std::string Changed(std::string from, std::string to) {
    std::string text(kProject);
    return text.replace(text.find(from), from.size(), to);
  }
  static std::string Moved() {
    std::string text = Changed("10.1.0.0", "10.2.0.0");
    return text.replace(text.find("10.1.0.9"), 8, "10.2.0.9");
  }
  std::vector<std::string> NetworksOf(const std::string& name) {
    std::vector<std::string> names;
    for (const auto& [network, endpoint] : engine.FindByName(name)->networks) names.push_back(network);
    return names;
  }
  void ExpectAllInPlace() {
    EXPECT_THAT(NetworksOf("shop-db-1"), ElementsAre("shop_back"));
    EXPECT_THAT(NetworksOf("shop-web-1"), ElementsAre("shop_back", "shop_front"));
    EXPECT_THAT(engine.FindByName("shop-db-1")->networks["shop_back"].aliases, ElementsAre("database", "db"));
    EXPECT_EQ(engine.FindByName("shop-db-1")->networks["shop_back"].static_address, "10.2.0.9");
    EXPECT_EQ(engine.networks["shop_back"].ipam.front().subnet, "10.2.0.0/24");
    for (const std::string name : {"shop-db-1", "shop-web-1"})
      EXPECT_EQ(engine.FindByName(name)->state, ContainerState::Running) << name;
  }
};

TEST_F(NetworkChangeTest, ContainersLeaveItAndJoinItAgainInTheOrderOfTheirServices) {
  Write(Moved());
  Pass();
  EXPECT_THAT(engine.calls,
              ElementsAre("disconnect shop-web-1", "disconnect shop-job-1", "disconnect shop-db-1", "remake shop_back",
                          "connect shop-db-1", "connect shop-job-1", "connect shop-web-1"));
  ExpectAllInPlace();
  Settle();
  EXPECT_EQ(engine.calls.size(), 7u) << "nothing else is to be done";
}

TEST_F(NetworkChangeTest, TheStepsNameTheNetworkAsTheirCause) {
  Write(Moved());
  const auto decision = reconciler.Preview(*config.Current(), {Kind::Workload, "web"}, now);
  ASSERT_TRUE(decision);
  EXPECT_THAT(ToString(decision->plan), HasSubstr("make network shop_back anew (network shop_back differs)"));
  EXPECT_THAT(engine.calls, IsEmpty());
}

TEST_F(NetworkChangeTest, AfterACrashAnywhereTheNextPassesPutAllInPlace) {
  for (std::size_t survived = 0; survived < 7; ++survived) {
    Write(survived % 2 ? std::string(kProject) : Moved());
    engine.calls.clear();
    engine.fail = [&](const std::string&) -> std::optional<Error> {
      if (engine.calls.size() <= survived) return std::nullopt;
      return Error{ErrorKind::Transient, "the controller is gone"};
    };
    Pass();
    engine.fail = nullptr;
    Write(Moved());
    Settle();
    ExpectAllInPlace();
  }
}

TEST_F(NetworkChangeTest, ANetworkThatWasGoneInACrashIsMadeAnewForWhoShouldBeOnIt) {
  Write(Moved());
  engine.fail = [&](const std::string& call) -> std::optional<Error> {
    if (!call.starts_with("connect")) return std::nullopt;
    return Error{ErrorKind::Transient, "the controller is gone"};
  };
  Pass();
  engine.fail = nullptr;
  engine.networks.erase("shop_back");
  Settle();
  ExpectAllInPlace();
}

TEST_F(NetworkChangeTest, AnOldVersionThatACrashCutOffIsBroughtBackWhileItsReplacementWaits) {
  engine.fail = [&](const std::string& call) -> std::optional<Error> {
    if (!call.starts_with("connect")) return std::nullopt;
    return Error{ErrorKind::Transient, "the controller is gone"};
  };
  std::string text = Moved();
  Write(text.replace(text.find("web:1", text.find("  web:")), 5, "web:2"));  // which is not there to be pulled
  Pass();
  engine.fail = nullptr;
  EXPECT_THAT(NetworksOf("shop-web-1"), ElementsAre("shop_front"));
  Settle();
  ExpectAllInPlace();
}

TEST_F(NetworkChangeTest, ContainersOfOthersAreNamedAndNothingIsTouched) {
  ObservedContainer other{.id = "other", .name = "by-hand"};
  other.networks["shop_back"] = {};
  engine.containers["other"] = other;
  Write(Moved());
  const Outcome outcome = Pass();
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_THAT(Ready(outcome).message, AllOf(HasSubstr("shop_back"), HasSubstr("by-hand"), HasSubstr("remove them")));
  EXPECT_EQ(Ready(outcome).reason, "NetworkInUse");
  EXPECT_TRUE(outcome.requeue_after);

  engine.FindByName("shop-web-1")->networks.erase("shop_back");
  Settle();
  EXPECT_THAT(NetworksOf("shop-web-1"), ElementsAre("shop_back", "shop_front"));
  engine.containers.erase(engine.FindByName("shop-db-1")->id);
  Settle();
  ASSERT_TRUE(engine.FindByName("shop-db-1")) << "what runs on it is repaired all the same";
  EXPECT_EQ(engine.FindByName("shop-db-1")->networks["shop_back"].static_address, "") << "of no use on the old one";

  engine.containers.erase("other");
  Settle();
  ExpectAllInPlace();
}

}  // namespace
}  // namespace tinyforge
