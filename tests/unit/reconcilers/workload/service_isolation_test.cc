// What is wrong with one service of a workload, or only with what is known of it, is its alone.
#include <gmock/gmock.h>

#include "reconcilers/workload/ownership.h"
#include "tests/unit/reconcilers/workload/reconciler_fixture.h"

namespace tinyforge {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kBoth = R"(
services:
  db: {image: "web:1", restart: always}
  web: {image: "web:1", restart: always}
)";
constexpr std::string_view kWebAlone = R"(
services:
  web: {image: "web:1", restart: always}
)";
constexpr std::string_view kWithSecret = R"(
services:
  db: {image: "web:1", restart: always, environment: {PASSWORD: "$PASSWORD"}}
  web: {image: "web:1", restart: always}
)";

class ServiceIsolationTest : public WorkloadReconcilerTest {
 protected:
  ServiceIsolationTest() {
    spec.source.image.reset();
    Write(kBoth);
  }
  void Write(std::string_view file) {
    spec.source.compose = v1::ComposeSource{.inline_ = std::string(file)};
    if (file == kWithSecret)
      spec.source.compose->env = {{.name = "PASSWORD", .secret = v1::SecretKeyRef{"db", "password"}}};
    Commit();
  }
};

TEST_F(ServiceIsolationTest, AMissingSecretOfOneStopsNoRepairOfTheOther) {
  Settle();
  ASSERT_NE(engine.FindByName("web-web-1"), nullptr);
  Write(kWithSecret);
  engine.FindByName("web-web-1")->state = ContainerState::Exited;
  const std::string db = engine.FindByName("web-db-1")->id;
  engine.calls.clear();
  Outcome outcome = Pass();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::Waiting);
  EXPECT_THAT(Ready(outcome).message, HasSubstr("service db: "));
  Settle();
  EXPECT_EQ(engine.FindByName("web-web-1")->state, ContainerState::Running);
  EXPECT_EQ(engine.FindByName("web-db-1")->id, db);
  EXPECT_EQ(engine.FindByName("web-db-1")->state, ContainerState::Running);
}

TEST_F(ServiceIsolationTest, AnErrorOfOneKeepsTheTimesOfTheOther) {
  Pass();
  Pass();
  engine.FindByName("web-web-1")->started = now;  // to be proven
  engine.FindByName("web-db-1")->name = "renamed";
  engine.fail = [](const std::string& call) -> std::optional<Error> {
    if (call.starts_with("rename")) return Error{ErrorKind::Transient, "the Engine is busy"};
    return std::nullopt;
  };
  const Outcome outcome = Pass();
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message, HasSubstr("the Engine is busy"));
  ASSERT_TRUE(outcome.requeue_after);
  EXPECT_LE(*outcome.requeue_after, Duration(std::chrono::seconds(10)));
}

TEST_F(ServiceIsolationTest, ARemovedServiceGoesWithinTheBudgetOfDeletions) {
  Settle();
  config.may_delete = false;
  Write(kWebAlone);
  engine.calls.clear();
  Settle();
  EXPECT_THAT(config.left["web"], ElementsAre("db"));
  EXPECT_THAT(engine.calls, IsEmpty());
  const Outcome held = Pass();
  EXPECT_EQ(Ready(held).status, ConditionStatus::True);
  const Condition* why = FindCondition(held.status->conditions, "DeletionHeld");
  ASSERT_NE(why, nullptr);
  EXPECT_THAT(why->message, HasSubstr("containers of db"));
  EXPECT_THAT(why->message, HasSubstr("tfctl approve deletions c0ffee"));
  config.may_delete = true;
  Settle();
  EXPECT_EQ(engine.FindByName("web-db-1"), nullptr);
  EXPECT_NE(engine.FindByName("web-web-1"), nullptr);
  EXPECT_THAT(config.left["web"], IsEmpty());
}

TEST_F(ServiceIsolationTest, SuspendedNoDeletionIsAskedFor) {
  Settle();
  spec.suspend = true;
  config.left.clear();
  Write(kWebAlone);
  Settle();
  EXPECT_THAT(config.left, IsEmpty());
  EXPECT_NE(engine.FindByName("web-db-1"), nullptr);
}

// Its policy may have been Orphan, whatever is known of its services.
TEST_F(ServiceIsolationTest, WithoutTheFactsOfTheWorkloadItsContainersStay) {
  spec.deletion_policy = v1::DeletionPolicy::Orphan;
  Commit();
  Settle();
  facts.facts.erase("web");
  ASSERT_THAT(facts.facts, Not(IsEmpty())) << "those of its services";
  Remove();
  const Outcome outcome = Pass();
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message, HasSubstr("deletionPolicy"));
  EXPECT_EQ(engine.FindByName("web-web-1")->state, ContainerState::Running);
}

TEST_F(ServiceIsolationTest, WithTheFactsOfTheWorkloadAloneItIsTornDown) {
  Settle();
  std::erase_if(facts.facts, [](const auto& entry) { return entry.first != "web"; });
  Remove();
  Settle();
  EXPECT_TRUE(engine.containers.empty());
}

}  // namespace
}  // namespace tinyforge
