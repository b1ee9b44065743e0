#include <gmock/gmock.h>

#include "tests/unit/reconcilers/workload/reconciler_fixture.h"

namespace tinyforge {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kProject = R"(
services:
  web: {image: "web:1", restart: always, environment: {A: "1"}}
  db: {image: "db:1", restart: always, volumes: ["data:/data"]}
volumes: {data: {}}
)";

// The project shop as docker compose 1 left it on the fake Engine: shop_web_1 and shop_db_1.
class AdoptionTest : public WorkloadReconcilerTest {
 protected:
  AdoptionTest() {
    engine.images["db:1"] = "sha256:two";
    Say(std::string(kProject));
    Compose("web", "web:1");
    Compose("db", "db:1").mounts = {{MountType::Volume, "shop_data", "/data", false}};
  }

  void Say(std::string text, bool adopt = true) {
    spec.source.image.reset();
    spec.source.compose = v1::ComposeSource{.inline_ = std::move(text), .project_name = "shop", .adopt = adopt};
    Commit();
  }

  ObservedContainer& Compose(const std::string& service, const std::string& image, int number = 1) {
    const std::string id = "live-" + service + std::to_string(number);
    ObservedContainer c{.id = id, .name = "shop_" + service + "_" + std::to_string(number)};
    c.labels = {{std::string(label::kComposeProject), "shop"},
                {std::string(label::kComposeService), service},
                {std::string(label::kComposeNumber), std::to_string(number)},
                {std::string(label::kComposeOneOff), "False"}};
    c.image = image;
    c.image_id = engine.images[image];
    c.created = SysTime(Duration(number));
    c.started = SysTime(Duration(number));
    c.restart = v1::RestartPolicy::Always;
    c.networks["shop_default"].aliases = {service};
    ObservedContainer& made = engine.containers[id] = std::move(c);
    engine.SetRunning(made);
    return made;
  }

  std::string PreviewText() {
    auto decision = reconciler.Preview(*config.Current(), {Kind::Workload, "web"}, now);
    return decision ? ToString(decision->plan) : decision.error().message;
  }

  void LoseFacts() {
    facts.facts.clear();
    for (auto& [id, c] : engine.containers)
      if (c.labels.contains(std::string(label::kAdopted)))
        std::erase_if(c.labels, [](const auto& l) { return l.first.starts_with(label::kPrefix); });
  }
};

TEST_F(AdoptionTest, WhatIsAsAskedForIsKeptUnderItsName) {
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_THAT(engine.containers, SizeIs(2));
  EXPECT_EQ(facts.facts["web.web"].adopted.at(0).id, "live-web1");
  EXPECT_EQ(facts.facts["web.db"].adopted.at(0).name, "shop_db_1");
}

TEST_F(AdoptionTest, WhatDiffersIsReplacedAndNothingElse) {
  engine.containers["live-web1"].altered = {"env.A"};
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  ObservedContainer* web = engine.FindByName("shop-web-1");
  ASSERT_NE(web, nullptr);
  EXPECT_EQ(web->Label(label::kCause), "env.A differs");
  EXPECT_FALSE(engine.containers.contains("live-web1"));
  EXPECT_TRUE(engine.containers.contains("live-db1"));
  EXPECT_THAT(facts.facts["web.web"].adopted, IsEmpty());
}

TEST_F(AdoptionTest, AnotherImageIsADifferenceAndAnotherWordingOfOneIsNot) {
  engine.images["other:1"] = "sha256:other";
  Compose("web", "other:1");
  EXPECT_THAT(PreviewText(), HasSubstr("adopt shop_web_1 (to be recreated: image differs)"));
  engine.images["other:1"] = "sha256:one";
  Compose("web", "other:1");
  EXPECT_THAT(PreviewText(), HasSubstr("adopt shop_web_1 (kept: "));
}

TEST_F(AdoptionTest, ThePlanIsShownBeforeAndNothingIsDone) {
  engine.containers["live-web1"].altered = {"env.A"};
  const std::string text = PreviewText();
  EXPECT_THAT(text, HasSubstr("adopt shop_web_1 (to be recreated: env.A differs)"));
  EXPECT_THAT(text, HasSubstr("adopt shop_db_1 (kept: it is what service db asks for)"));
  EXPECT_THAT(text, HasSubstr("create shop-web-1.2 (env.A differs)"));
  EXPECT_THAT(text, Not(HasSubstr("create shop-db")));
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_THAT(facts.facts["web.web"].adopted, IsEmpty());
  EXPECT_TRUE(engine.containers["live-web1"].Label(label::kManaged).empty());
}

TEST_F(AdoptionTest, TheNextChangeReplacesWhatWasKept) {
  Settle();
  Say(std::string(kProject).replace(kProject.find("A: \"1\""), 6, "A: \"2\""));
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  ASSERT_NE(engine.FindByName("shop-web-1"), nullptr);
  EXPECT_EQ(engine.FindByName("shop-web-1")->Label(label::kCause), "env.A differs");
  EXPECT_FALSE(engine.containers.contains("live-web1"));
  EXPECT_TRUE(engine.containers.contains("live-db1"));
}

TEST_F(AdoptionTest, WithoutItTheContainersAreInTheWay) {
  Say(std::string(kProject), false);
  const Outcome outcome = Pass();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::Conflict);
  EXPECT_THAT(outcome.error->message, HasSubstr("shop_web_1"));
  EXPECT_THAT(outcome.error->message, HasSubstr("adopt: true"));
  EXPECT_THAT(engine.calls, IsEmpty());
}

TEST_F(AdoptionTest, WhatWasAdoptedStaysSoWithoutTheWord) {
  Settle();
  Say(std::string(kProject), false);
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_THAT(engine.calls, IsEmpty());
}

// Replacements need it, though no container is on it any more.
TEST_F(AdoptionTest, ItsNetworksStaySoWithoutTheWord) {
  engine.compose_networks = {{"shop_default", "shop"}};
  Settle();
  Say(std::string(kProject), false);
  engine.containers.clear();
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_NE(engine.FindByName("shop-web-1"), nullptr);
  EXPECT_NE(engine.FindByName("shop-db-1"), nullptr);
}

// Who is on it tells, once the facts are lost.
TEST_F(AdoptionTest, ANetworkWithContainersOfOursIsOursWithoutFacts) {
  engine.compose_networks = {{"shop_default", "shop"}};
  engine.containers["live-web1"].altered = {"env.A"};
  engine.containers["live-db1"].altered = {"image"};
  Settle();
  LoseFacts();
  Say(std::string(kProject).replace(kProject.find("A: \"1\""), 6, "A: \"2\""), false);
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_EQ(engine.FindByName("shop-web-1")->Label(label::kCause), "env.A differs");
}

TEST_F(AdoptionTest, ANetworkOfAProjectThatWasNotTakenOverIsAConflict) {
  engine.compose_networks = {{"shop_default", "shop"}};
  engine.containers.clear();
  Say(std::string(kProject), false);
  const Outcome outcome = Pass();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::Conflict);
  EXPECT_THAT(engine.containers, IsEmpty());
}

TEST_F(AdoptionTest, WhatAnotherWorkloadTookOverMeanwhileStaysIts) {
  engine.containers["live-web1"].labels[std::string(label::kWorkload)] = "other";
  const Outcome outcome = Pass();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::Conflict);
  EXPECT_THAT(facts.facts["web.web"].adopted, IsEmpty());
  EXPECT_EQ(engine.containers["live-web1"].Label(label::kWorkload), "other");
}

// What it would lose cannot be told yet.
TEST_F(AdoptionTest, NothingIsTakenOverWhileAServiceIsNotKnownInWhole) {
  Say(std::string(kProject) + "\nsecrets: {key: {external: true, name: none/key}}\n");
  spec.source.compose->inline_->insert(spec.source.compose->inline_->find("volumes: [\"data:"), "secrets: [key], ");
  Commit();
  const Outcome outcome = Pass();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::Waiting);
  EXPECT_THAT(outcome.error->message, HasSubstr("service db"));
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_THAT(facts.facts["web.web"].adopted, IsEmpty());
}

TEST_F(AdoptionTest, AVolumeThatWouldBeAnotherIsRefused) {
  engine.containers["live-db1"].mounts = {{MountType::Volume, "old_data", "/data", false}};
  const Outcome outcome = Pass();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::Terminal);
  EXPECT_THAT(outcome.error->message,
              HasSubstr("service db (container shop_db_1): /data is volume old_data and would be volume shop_data"));
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_TRUE(engine.containers["live-web1"].Label(label::kManaged).empty());
  EXPECT_THAT(PreviewText(), HasSubstr("old_data"));
}

TEST_F(AdoptionTest, AMountThatWouldVanishIsRefused) {
  engine.containers["live-web1"].mounts = {{MountType::Bind, "/srv/www", "/www", true}};
  EXPECT_THAT(PreviewText(), HasSubstr("service web (container shop_web_1): /www is /srv/www and would be nothing"));
}

TEST_F(AdoptionTest, AnAnonymousVolumeGoesOverToTheReplacement) {
  const std::string anonymous(64, 'a');
  engine.containers["live-web1"].mounts = {{MountType::Volume, anonymous, "/cache", false}};
  engine.containers["live-web1"].altered = {"env.A"};
  Settle();
  ASSERT_NE(engine.FindByName("shop-web-1"), nullptr);
  ASSERT_THAT(engine.FindByName("shop-web-1")->mounts, SizeIs(1));
  EXPECT_EQ(engine.FindByName("shop-web-1")->mounts[0].source, anonymous);
}

TEST_F(AdoptionTest, WhatWasMountedReadOnlyMayBecomeAFileOfTheRepository) {
  config.tree->files["conf"] = "x";
  Say("services: {web: {image: \"web:1\", restart: always, volumes: [\"./conf:/etc/conf\"]}}");
  engine.containers.erase("live-db1");
  engine.containers["live-web1"].mounts = {{MountType::Bind, "/home/me/conf", "/etc/conf", true}};
  engine.containers["live-web1"].altered = {"file./etc/conf"};
  EXPECT_THAT(PreviewText(), HasSubstr("to be recreated: file /etc/conf differs"));
  engine.containers["live-web1"].mounts[0].read_only = false;
  EXPECT_THAT(PreviewText(), HasSubstr("/etc/conf is /home/me/conf and would be a file of the configuration"));
}

TEST_F(AdoptionTest, AServiceThatTheFileDoesNotHaveStaysAlone) {
  Compose("old", "web:1");
  Compose("web", "web:1", 7).labels[std::string(label::kComposeOneOff)] = "True";
  Settle();
  const Outcome outcome = Pass();
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::True);
  const Condition* foreign = FindCondition(outcome.status->conditions, warning::kForeignContainer);
  ASSERT_NE(foreign, nullptr);
  EXPECT_THAT(foreign->message, HasSubstr("shop_old_1"));
  EXPECT_THAT(foreign->message, HasSubstr("docker compose run"));
  EXPECT_THAT(engine.calls, IsEmpty());
}

TEST_F(AdoptionTest, MoreReplicasThanAskedForGo) {
  Compose("web", "web:1", 2);
  EXPECT_THAT(PreviewText(), HasSubstr("adopt shop_web_2 (one more than service web asks for"));
  Settle();
  EXPECT_TRUE(engine.containers.contains("live-web1"));
  EXPECT_FALSE(engine.containers.contains("live-web2"));
}

// A newcomer is not the older of two, whatever it is called; what was there serves on.
TEST_F(AdoptionTest, WhatDockerComposeStartsLaterIsLeftAlone) {
  Settle();
  ObservedContainer& second = Compose("web", "web:1", 2);
  second.created = SysTime(std::chrono::hours(1));
  Compose("db", "db:1", 2).created = SysTime(std::chrono::hours(1));
  engine.containers["live-db2"].mounts = {{MountType::Volume, "elsewhere", "/data", false}};
  Settle();
  const Outcome outcome = Pass();
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::True);
  EXPECT_THAT(engine.calls, IsEmpty());
  const Condition* foreign = FindCondition(outcome.status->conditions, warning::kForeignContainer);
  ASSERT_NE(foreign, nullptr);
  EXPECT_THAT(foreign->message,
              HasSubstr("shop_web_2 of docker compose is of service web, which has containers of its own here"));
  EXPECT_THAT(facts.facts["web.web"].adopted, SizeIs(1));
}

TEST_F(AdoptionTest, WhatWasLeftAloneStaysSoWhenTheServiceIsReplaced) {
  Settle();
  Compose("web", "web:1", 2).created = SysTime(std::chrono::hours(1));
  Settle();
  Say(std::string(kProject).replace(kProject.find("A: \"1\""), 6, "A: \"2\""));
  Settle();
  for (auto& [id, c] : engine.containers)
    if (c.Label(label::kCause) == "env.A differs") c.created = SysTime(std::chrono::hours(2));
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_FALSE(engine.containers.contains("live-web1"));
  ASSERT_TRUE(engine.containers.contains("live-web2"));
  EXPECT_TRUE(engine.containers["live-web2"].Label(label::kManaged).empty());
  EXPECT_EQ(engine.containers["live-web2"].state, ContainerState::Running);
}

TEST_F(AdoptionTest, ALeftoverTakesNoHealthyContainersPlace) {
  engine.containers.clear();
  Say(std::string(kProject), false);
  Settle();
  const std::string healthy = engine.FindByName("shop-web-1")->id;
  ObservedContainer& leftover = Compose("web", "web:1");
  leftover.state = ContainerState::Exited;
  leftover.created = SysTime();
  Say(std::string(kProject));
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_TRUE(engine.containers.contains(healthy));
  EXPECT_TRUE(engine.containers["live-web1"].Label(label::kManaged).empty());
}

// No crash leaves one of two, which would then count for the other: the first step notes both.
TEST_F(AdoptionTest, AServiceIsTakenOverAsAWhole) {
  Compose("web", "web:1", 2);
  engine.containers["live-web1"].labels[std::string(label::kWorkload)] = "other";
  EXPECT_TRUE(Pass().error);
  ASSERT_THAT(facts.facts["web.web"].adopted, SizeIs(1));
  EXPECT_EQ(facts.facts["web.web"].adopted[0].id, "live-web2");
}

TEST_F(AdoptionTest, ANameThatIsAnotherReplicasIsGivenBack) {
  engine.containers.erase("live-web1");
  Compose("web", "web:1", 2).name = "shop-web-2";
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_EQ(engine.containers["live-web2"].name, "shop-web-1");
  Say(std::string(kProject).replace(kProject.find("{image: \"web:1\""), 1, "{scale: 2, "));
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_EQ(engine.containers["live-web2"].name, "shop-web-1");
  EXPECT_NE(engine.FindByName("shop-web-2"), nullptr);
}

// Where the workload runs already, one service's trouble is its own.
TEST_F(AdoptionTest, AServiceThatIsNewAndInTheWayHoldsUpNoOther) {
  engine.containers.clear();
  Say(std::string(kProject), false);
  Settle();
  ASSERT_EQ(Ready(Pass()).status, ConditionStatus::True);
  Compose("cache", "web:1");
  engine.containers.erase(engine.FindByName("shop-db-1")->id);
  Say("services:\n  cache: {image: \"web:1\"}\n" + std::string(kProject).substr(kProject.find("  web:")), false);
  Settle();
  EXPECT_NE(engine.FindByName("shop-db-1"), nullptr);
  EXPECT_EQ(engine.FindByName("shop-cache-1"), nullptr);
  const Outcome outcome = Pass();
  EXPECT_EQ(Ready(outcome).status, ConditionStatus::False);
  EXPECT_THAT(Ready(outcome).message, HasSubstr("shop_cache_1"));
}

TEST_F(AdoptionTest, AMountThatWouldMoveOfANewServiceHoldsUpNoOther) {
  Settle();
  Compose("cache", "web:1").mounts = {{MountType::Bind, "/srv/c", "/c", false}};
  engine.containers.erase("live-db1");
  Say("services:\n  cache: {image: \"web:1\"}\n" + std::string(kProject).substr(kProject.find("  web:")));
  Settle();
  EXPECT_NE(engine.FindByName("shop-db-1"), nullptr);
  EXPECT_TRUE(engine.containers["live-cache1"].Label(label::kManaged).empty());
  EXPECT_THAT(Ready(Pass()).message, HasSubstr("/c is /srv/c and would be nothing"));
}

TEST_F(AdoptionTest, LostFactsLeadToTheSame) {
  Settle();
  LoseFacts();
  Settle();
  EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
  EXPECT_THAT(engine.calls, IsEmpty());
  EXPECT_THAT(facts.facts["web.web"].adopted, SizeIs(1));
}

// With and without the facts of the passes before, at every step of a replacement.
TEST_F(AdoptionTest, FactsLostAtAnyStepOfAReplacementLeadToTheSame) {
  for (int lost_after = 0; lost_after < 12; ++lost_after) {
    SCOPED_TRACE(lost_after);
    engine.containers.clear();
    facts.facts.clear();
    Compose("web", "web:1").altered = {"env.A"};
    Compose("db", "db:1").mounts = {{MountType::Volume, "shop_data", "/data", false}};
    for (int i = 0; i < 25; ++i) {
      Pass();
      if (i == lost_after) LoseFacts();
      if (auto live = engine.containers.find("live-web1"); live != engine.containers.end())
        if (live->second.Label(label::kManaged).empty()) live->second.altered = {"env.A"};
      engine.Tick(std::chrono::seconds(10));
      now += std::chrono::seconds(10);
      const bool serves = std::ranges::any_of(engine.containers, [](const auto& item) {
        return item.second.Label(label::kComposeService) == "web" && item.second.state == ContainerState::Running;
      });
      EXPECT_TRUE(serves);
    }
    EXPECT_EQ(Ready(Pass()).status, ConditionStatus::True);
    EXPECT_FALSE(engine.containers.contains("live-web1"));
    EXPECT_NE(engine.FindByName("shop-web-1"), nullptr);
    EXPECT_THAT(engine.containers, SizeIs(2));
  }
}

TEST_F(AdoptionTest, TheyGoWithTheWorkload) {
  Settle();
  Remove();
  Settle();
  EXPECT_THAT(engine.containers, IsEmpty());
  EXPECT_THAT(facts.facts["web.web"].adopted, IsEmpty());
}

TEST_F(AdoptionTest, ASuspendedWorkloadTakesNothingOver) {
  spec.suspend = true;
  Commit();
  const Outcome outcome = Pass();
  EXPECT_THAT(Ready(outcome).message, HasSubstr("adopt shop_"));
  EXPECT_THAT(facts.facts["web.web"].adopted, IsEmpty());
}

}  // namespace
}  // namespace tinyforge
