// What bindings, pins and wishes to be made anew do to one service of a workload of several, and to no other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "reconcilers/workload/commands.h"
#include "reconcilers/workload/services.h"
#include "reconcilers/workload/version_decision.h"
#include "tests/unit/reconcilers/workload/reconciler_fixture.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DecidedServiceTest : public WorkloadReconcilerTest {
 protected:
  DecidedServiceTest() {
    for (const char* repository : {"api", "front"}) {
      Push(repository, "1", "sha256:" + std::string(repository) + "1");
      Push(repository, "2", "sha256:" + std::string(repository) + "2");
    }
    spec.source.image.reset();
    spec.source.compose = v1::ComposeSource{.file = "compose.yaml"};
    Files("1");
    Settle();
  }
  void Push(const std::string& repository, const std::string& tag, const std::string& digest) {
    const std::string id = "sha256:id-" + repository + tag;
    engine.images[repository + ":" + tag] = id;
    engine.images[repository + "@" + digest] = id;
    engine.pinned[id] = repository + "@" + digest;
  }
  void Files(const std::string& front) {
    config.tree->files["compose.yaml"] =
        "services:\n  api: {image: 'api:1', restart: always}\n  front: {image: 'front:" + front +
        "', restart: always}\n";
    Commit();
  }
  void Accept(const std::string& tag, bool policy = true) {
    config.deciding = policy ? std::optional(DecidingBinding{"auto", false}) : std::nullopt;
    AcceptVersion({.binding = policy ? "auto" : "hand",
                   .version = {tag, "sha256:front" + tag},
                   .base = "front:1",
                   .policy = policy,
                   .why = "because",
                   .at = now},
                  facts.facts["web.front"]);
  }
  // Images that run, by name of the container.
  std::set<std::string> Running() {
    Settle();
    std::set<std::string> running;
    const auto containers = engine.Containers("web");
    for (const ObservedContainer& c : *containers)
      if (c.state == ContainerState::Running) running.insert(c.name + " " + c.image_id);
    return running;
  }
  std::string Say(WorkloadCommand::Verb verb, const std::string& service) {
    auto answer = RunCommand({.verb = verb, .workload = "web", .service = service, .now = now},
                             {config, config, facts, store, engine});
    return answer ? *answer : "error: " + answer.error().message;
  }
};

TEST_F(DecidedServiceTest, AVersionOfOneServiceReplacesThatServiceAlone) {
  EXPECT_THAT(Running(), ElementsAre("web-api-1 sha256:id-api1", "web-front-1 sha256:id-front1"));
  Accept("2", false);
  EXPECT_THAT(Running(), ElementsAre("web-api-1 sha256:id-api1", "web-front-1 sha256:id-front2"));
  const Outcome outcome = Pass();
  const auto& services = outcome.status->services;
  ASSERT_EQ(services.size(), 2U);
  EXPECT_EQ(services[0].resolved.set_by, "manifest");
  EXPECT_EQ(services[1].name, "front");
  EXPECT_EQ(services[1].resolved.tag, "2");
  EXPECT_EQ(services[1].resolved.set_by, "binding/hand");
  EXPECT_TRUE(services[1].ready);
}

TEST_F(DecidedServiceTest, TheRolloutSaysWhichServiceGetsWhichVersion) {
  Accept("2", false);
  const Outcome outcome = Pass();
  ASSERT_TRUE(outcome.status->last_rollout);
  EXPECT_EQ(outcome.status->last_rollout->from.version, "front 1");
  EXPECT_EQ(outcome.status->last_rollout->to.version, "front 2");
}

TEST_F(DecidedServiceTest, TheCommitOfWhatRunsReplacesNothing) {
  Accept("2");
  (void)Running();
  const auto before = engine.Containers("web");
  Files("2");
  (void)Running();
  const auto after = engine.Containers("web");
  ASSERT_EQ(before->size(), after->size());
  for (std::size_t i = 0; i < before->size(); ++i) EXPECT_EQ((*before)[i].id, (*after)[i].id);
}

TEST_F(DecidedServiceTest, AnEditOfTheFileEndsWhatAnEventSet) {
  Accept("2", false);
  (void)Running();
  Push("front", "3", "sha256:front3");
  Files("3");
  EXPECT_THAT(Running(), ElementsAre("web-api-1 sha256:id-api1", "web-front-1 sha256:id-front3"));
  EXPECT_THAT(facts.facts["web.front"].versions, IsEmpty());
}

TEST_F(DecidedServiceTest, AServiceGoesBackByItself) {
  Accept("2", false);
  (void)Running();
  EXPECT_THAT(Say(WorkloadCommand::Verb::Rollback, "front"), HasSubstr("web/front goes back to 1"));
  EXPECT_THAT(Running(), ElementsAre("web-api-1 sha256:id-api1", "web-front-1 sha256:id-front1"));
  EXPECT_THAT(Say(WorkloadCommand::Verb::Unpin, ""), HasSubstr("web follows its manifest again"));
  EXPECT_FALSE(facts.facts["web.front"].pin);
}

TEST_F(DecidedServiceTest, ThePinOfAServiceIsToldAtTheWorkload) {
  EXPECT_FALSE(FindCondition(Pass().status->conditions, "Pinned"));
  facts.facts["web.front"].pin = Pin{"front@sha256:front2", "2", "front:1", {}};
  EXPECT_THAT(Running(), ElementsAre("web-api-1 sha256:id-api1", "web-front-1 sha256:id-front2"));
  const Outcome outcome = Pass();
  const Condition* pinned = FindCondition(outcome.status->conditions, "Pinned");
  ASSERT_TRUE(pinned);
  EXPECT_THAT(pinned->message, HasSubstr("version 2 is pinned"));
  EXPECT_THAT(pinned->message, HasSubstr("tfctl unpin web/front"));
}

TEST_F(DecidedServiceTest, WhoNamesNoServiceIsToldWhichThereAre) {
  EXPECT_THAT(Say(WorkloadCommand::Verb::Rollback, ""), HasSubstr("there are: api, front"));
  EXPECT_THAT(Say(WorkloadCommand::Verb::Rollback, "db"), HasSubstr("no service \"db\"; there are: api, front"));
  EXPECT_THAT(Say(WorkloadCommand::Verb::Stop, "front"), HasSubstr("expected web alone"));
}

TEST_F(DecidedServiceTest, OneIsMadeAnewAlone) {
  const auto before = engine.Containers("web");
  facts.facts["web.front"].remake = Remake{.at = now, .why = "it was called"};
  (void)Running();
  std::set<std::string> kept;
  const auto after = engine.Containers("web");
  for (const ObservedContainer& a : *before)
    for (const ObservedContainer& b : *after)
      if (a.id == b.id) kept.insert(a.name);
  EXPECT_THAT(kept, ElementsAre("web-api-1"));
}

// Else a stage that nobody can look at any more would be promoted from.
TEST_F(DecidedServiceTest, WhatCouldNotBeLookedAtIsNotReady) {
  const auto front = [](const Outcome& outcome) {
    return *std::ranges::find(outcome.status->services, "front", &v1::ServiceStatus::name);
  };
  ASSERT_TRUE(front(Pass()).ready);
  config.tree->files["compose.yaml"] = "services: [";
  Commit();
  const Outcome outcome = Pass();
  EXPECT_FALSE(front(outcome).ready);
  EXPECT_EQ(front(outcome).reason, Ready(outcome).reason);
  const v1::Status of_service = StatusOfService(*outcome.status, "front");
  EXPECT_EQ(FindCondition(of_service.conditions, condition::kReady)->status, ConditionStatus::False);
}

TEST_F(DecidedServiceTest, AProjectWithoutServicesIsNothingToRollBack) {
  config.tree->files["compose.yaml"] = "services: {}";
  Commit();
  const auto images = config.ImagesOf(*config.Current(), *config.Current()->objects->Find({Kind::Workload, "web"}));
  ASSERT_FALSE(images);
  EXPECT_THAT(images.error().message, HasSubstr("no service is enabled"));
}

}  // namespace
}  // namespace tinyforge
