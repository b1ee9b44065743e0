// Images of compose services that have to be brought to the host.
#include "reconcilers/workload/observer.h"

#include <gmock/gmock.h>

#include "tests/unit/reconcilers/workload/reconciler_fixture.h"

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ObserverTest : public WorkloadReconcilerTest {};

TEST_F(ObserverTest, WhatCanOnlyBeBuiltStallsAndSaysWhatToDo) {
  CommitCompose("name: shop\nservices: {web: {build: ./web, restart: always}}");
  const Outcome outcome = Pass();
  EXPECT_THAT(Ready(outcome).message,
              AllOf(HasSubstr("service web"), HasSubstr("shop-web:latest"), HasSubstr("(build: web)"),
                    HasSubstr("not built here"), HasSubstr("push it")));
  EXPECT_EQ(FindCondition(outcome.status->conditions, condition::kStalled)->status, ConditionStatus::True);
  engine.images["shop-web:latest"] = "sha256:built";
  Settle();
  ASSERT_TRUE(engine.FindByName("shop-web-1"));
  EXPECT_EQ(engine.FindByName("shop-web-1")->state, ContainerState::Running);
}

TEST_F(ObserverTest, WhatIsInNoRegistryButCouldBeBuiltSaysSo) {
  engine.pull_failure = Error{ErrorKind::Waiting, "pull shop:1: not found"};
  CommitCompose("name: shop\nservices: {web: {image: \"shop:1\", build: ./web, restart: always}}");
  const Outcome outcome = Pass();
  EXPECT_THAT(Ready(outcome).message, AllOf(HasSubstr("not found"), HasSubstr("not built here")));
  EXPECT_EQ(Ready(outcome).reason, "ImagePullFailed");
}

TEST_F(ObserverTest, AnImageIsAskedForByThePlatformOfItsService) {
  CommitCompose("name: shop\nservices: {web: {image: \"web:1\", platform: linux/arm64, restart: always}}");
  Pass();
  ASSERT_FALSE(engine.asked.empty());
  EXPECT_EQ(engine.asked.front().platform, "linux/arm64");
}

}  // namespace
}  // namespace tinyforge
