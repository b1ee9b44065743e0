#include "reconcilers/workload/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/source/source_kind.h"
#include "reconcilers/workload/services.h"
#include "reconcilers/workload/version_decision.h"
#include "tests/fakes/fake_engine.h"
#include "tests/fakes/fake_store.h"
#include "tests/fakes/fake_tree.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Verb = WorkloadCommand::Verb;

class OneWorkload : public ConfigReader, public BindingReader {
 public:
  OneWorkload() {
    auto object = std::make_shared<v1::Object>();
    object->key = {Kind::Workload, "web"};
    object->position = {"web.yaml", 1, 1};
    spec.source.image = v1::ImageSource{.repository = "web", .tag = "3"};
    Put();
  }
  void Put() {
    auto object = std::make_shared<v1::Object>();
    object->key = {Kind::Workload, "web"};
    object->position = {"web.yaml", 1, 1};
    object->spec = spec;
    objects->objects[object->key] = object;
  }
  std::shared_ptr<const ConfigSnapshot> Current() override {
    return std::make_shared<ConfigSnapshot>(ConfigSnapshot{objects, std::make_shared<FakeTree>()});
  }
  bool HistoryHeld(const Revision&, std::string_view) override { return true; }
  std::optional<DecidingBinding> DecidingFor(const ConfigSnapshot&, const std::string&, const std::string&) override {
    return deciding;
  }
  Expected<SourceImages> ImagesOf(const ConfigSnapshot& snapshot, const v1::Object& workload) override {
    return (*FindSourceKind(workload.workload().source))->Images(workload, *snapshot.tree, secrets);
  }

  std::optional<DecidingBinding> deciding;
  FakeSecrets secrets;
  v1::WorkloadSpec spec;
  std::shared_ptr<v1::ObjectSet> objects = std::make_shared<v1::ObjectSet>();
};

class Commands : public ::testing::Test {
 protected:
  std::string Say(Verb verb, std::int64_t to = 0, const std::string& workload = "web") {
    auto answer = RunCommand({.verb = verb, .workload = workload, .to = to}, {config, config, facts, store, engine});
    return answer ? *answer : "error: " + answer.error().message;
  }
  Facts& Kept() { return facts.facts["web"]; }
  void Good(const std::string& tag, const std::string& id) {
    Kept().good.push_back({.reference = "web:" + tag, .image_id = id, .version = tag});
  }

  OneWorkload config;
  FakeFacts facts;
  FakeStore store;
  FakeEngine engine;
};

TEST_F(Commands, RetryIsAlsoForAnImageThatCouldNotBePulled) {
  EXPECT_THAT(Say(Verb::Retry), HasSubstr("no release of web is held back"));
  engine.pull_failure = Error{ErrorKind::Waiting, "the registry is down"};
  EXPECT_EQ(Say(Verb::Retry), "the image of web is pulled again");
}

TEST_F(Commands, FlagsAreSetAndTakenBackAndAskedTwiceNothingChanges) {
  EXPECT_THAT(Say(Verb::Suspend), HasSubstr("web is suspended"));
  EXPECT_TRUE(Kept().suspended);
  EXPECT_EQ(Say(Verb::Suspend), "web is suspended already");
  EXPECT_EQ(Say(Verb::Resume), "web goes on");
  EXPECT_FALSE(Kept().suspended);
  EXPECT_EQ(Say(Verb::Stop), "web is being stopped");
  EXPECT_TRUE(Kept().stopped);
  EXPECT_EQ(Say(Verb::Start), "web is being started");
  EXPECT_EQ(Say(Verb::Start), "web was not stopped");
  EXPECT_THAT(Say(Verb::Stop, 0, "wbe"), HasSubstr("error: workload \"wbe\" not found"));
}

TEST_F(Commands, WhatTheManifestSuspendsOnlyTheManifestResumes) {
  config.spec.suspend = true;
  config.Put();
  EXPECT_THAT(Say(Verb::Resume), HasSubstr("spec.suspend in web.yaml"));
}

TEST_F(Commands, RetryIsForEveryService) {
  facts.facts["web.db"].failed = {{"release", "sha256:1", "exit 1", "", SysTime(std::chrono::seconds(1))}};
  const SysTime now{std::chrono::seconds(2)};
  auto answer =
      RunCommand({.verb = Verb::Retry, .workload = "web", .now = now}, {config, config, facts, store, engine});
  ASSERT_TRUE(answer);
  EXPECT_THAT(*answer, HasSubstr("tried again"));
  EXPECT_THAT(FactsOfService(facts.facts["web.db"], Kept()).failed, IsEmpty());
  EXPECT_THAT(Say(Verb::Retry), HasSubstr("no release of web is held back"));
}

TEST_F(Commands, RetryForgetsWhatFailed) {
  EXPECT_THAT(Say(Verb::Retry), HasSubstr("no release of web is held back"));
  Kept().failed = {{"release", "sha256:1", "exit 1", "", SysTime{}}};
  EXPECT_THAT(Say(Verb::Retry), HasSubstr("tried again"));
  EXPECT_TRUE(Kept().failed.empty());
}

TEST_F(Commands, RetryStartsWhatFailedAndIsNotRestarted) {
  Condition ready{
      .type = std::string(condition::kReady), .status = ConditionStatus::False, .reason = "ContainerFailed"};
  store.Put({.key = {Kind::Workload, "web"}, .status = {.conditions = {ready}}});
  const SysTime now{std::chrono::seconds(2)};
  auto answer =
      RunCommand({.verb = Verb::Retry, .workload = "web", .now = now}, {config, config, facts, store, engine});
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, "what failed of web is started again");
  EXPECT_EQ(Kept().retried, now);
}

TEST_F(Commands, RollbackPinsTheVersionThatRanWellBefore) {
  EXPECT_THAT(Say(Verb::Rollback), HasSubstr("error: no earlier version"));
  Good("2", "sha256:2");
  Good("3", "sha256:3");
  EXPECT_THAT(Say(Verb::Rollback), HasSubstr("web goes back to 2"));
  EXPECT_EQ(Kept().pin->reference, "web:2");
  EXPECT_EQ(Kept().pin->base, "web:3");
  EXPECT_EQ(Say(Verb::Unpin), "web follows its manifest again");
  EXPECT_EQ(Say(Verb::Unpin), "web was not pinned");
}

TEST_F(Commands, RollbackOfAReleaseThatFailedGoesToTheLastGoodOne) {
  Good("1", "sha256:1");
  Good("2", "sha256:2");
  Say(Verb::Rollback);
  EXPECT_EQ(Kept().pin->reference, "web:2");
  Say(Verb::Rollback);  // once more: further back
  EXPECT_EQ(Kept().pin->reference, "web:1");
}

TEST_F(Commands, OfAMovedTagTheImageIsPinned) {
  Good("3", "sha256:old");
  Good("3", "sha256:new");
  Say(Verb::Rollback);
  EXPECT_EQ(Kept().pin->reference, "sha256:old");
}

TEST_F(Commands, RollbackToARolloutOfTheHistory) {
  ASSERT_TRUE(store.PutRollout("web", {.id = 4, .to = {"1", "web:1", "sha256:1"}}));
  ASSERT_TRUE(store.PutRollout("web", {.id = 5, .to = {"3", "web:3", "sha256:3"}}));
  EXPECT_THAT(Say(Verb::Rollback, 4), HasSubstr("web goes back to 1"));
  EXPECT_EQ(Kept().pin->reference, "web:1");
  EXPECT_THAT(Say(Verb::Rollback, 5), HasSubstr("web goes back to 3"));
  EXPECT_EQ(Kept().pin->reference, "sha256:3");  // the tag may have been moved since
  Good("3", "sha256:3");
  EXPECT_THAT(Say(Verb::Rollback, 5), HasSubstr("no pin is needed"));
  EXPECT_FALSE(Kept().pin);
  EXPECT_THAT(Say(Verb::Rollback, 9), HasSubstr("rollout 9 of web is not in the history"));
}

// Else the policy would bring back what was left as soon as the pin is gone.
TEST_F(Commands, RollbackOverAPolicyLeavesItsVersionForGood) {
  Kept().good = {{.reference = "web@sha256:1", .image_id = "i1", .version = "1", .digest = "sha256:1"},
                 {.reference = "web@sha256:2", .image_id = "i2", .version = "2", .digest = "sha256:2"}};
  Kept().versions = {{.binding = "hand", .version = {"7", "sha256:7"}, .base = "web:3"},
                     {.binding = "auto", .version = {"2", "sha256:2"}, .base = "web:3", .policy = true}};
  config.deciding = DecidingBinding{"auto", false};
  EXPECT_THAT(Say(Verb::Rollback), HasSubstr("web goes back to 1"));
  EXPECT_EQ(Kept().pin->reference, "web@sha256:1");
  ASSERT_EQ(Kept().versions.size(), 2u);
  EXPECT_EQ(Kept().versions[0].version.tag, "7");  // what an event set is overruled, not left
  EXPECT_EQ(Kept().versions[1].version, (ImageVersion{"1", "sha256:1"}));
  EXPECT_TRUE(Kept().versions[1].policy);
  ASSERT_EQ(Kept().excluded.size(), 1u);
  EXPECT_EQ(Kept().excluded[0].version, (ImageVersion{"2", "sha256:2"}));
  const Facts before = Kept();
  Kept().pin.reset();
  const v1::Object& object = *config.objects->Find({Kind::Workload, "web"});
  EXPECT_EQ(DecideVersion(QuestionOf(*object.workload().source.image, config.deciding), Kept()).reference,
            "web@sha256:1");
  Kept() = before;
}

}  // namespace
}  // namespace tinyforge
