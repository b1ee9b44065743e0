#include "reconcilers/workload/services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/core/field_digests.h"
#include "reconcilers/core/hook_label.h"
#include "reconcilers/workload/ownership.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ServicePass Service(const std::string& name) {
  ServicePass service{.desired = {.workload = "shop", .service = name, .source_kind = "compose"}};
  service.desired.containers.push_back({.role = name, .name = "shop-" + name + "-1"});
  return service;
}

ObservedContainer Container(const std::string& id, const std::string& role) {
  ObservedContainer container{.id = id, .name = id};
  for (const auto& [key, value] :
       {std::pair(label::kManaged, std::string("true")), std::pair(label::kRole, role),
        std::pair(label::kReplica, std::string("1")), std::pair(label::kSeq, std::string("1")),
        std::pair(label::kTemplateHash, std::string("h"))})
    container.labels[std::string(key)] = value;
  return container;
}

std::vector<std::string> IdsOf(const ServicePass& service) {
  std::vector<std::string> ids;
  for (const ObservedContainer& c : service.observed.containers) ids.push_back(c.id);
  return ids;
}

TEST(FactKeyOf, AServiceHasFactsOfItsOwn) {
  EXPECT_EQ(FactKeyOf({.workload = "shop"}), "shop");
  EXPECT_EQ(FactKeyOf({.workload = "shop", .service = "web"}), "shop.web");
}

TEST(ClassifyOwnership, ServicesCountTheirContainersEachForItself) {
  const std::vector<ObservedContainer> containers = {Container("a", "web"), Container("b", "db")};
  EXPECT_THAT(ClassifyOwnership(containers).foreign, IsEmpty());
}

TEST(Divide, EachServiceGetsTheContainersOfItsRoleAndOfItsTrials) {
  std::vector<ServicePass> services;
  services.push_back(Service("web"));
  services.push_back(Service("db"));
  ObservedState all{.containers = {Container("a", "web"), Container("b", "db"), Container("c", "web+trial")}};
  all.ages["a"].attached = std::chrono::seconds(3);
  all.probes["b"].state = ProbeState::Healthy;
  Divide(std::move(all), services);
  ASSERT_THAT(services, SizeIs(2));
  EXPECT_THAT(IdsOf(services[0]), ElementsAre("a", "c"));
  EXPECT_EQ(services[0].observed.ages["a"].attached, std::chrono::seconds(3));
  EXPECT_THAT(IdsOf(services[1]), ElementsAre("b"));
  EXPECT_EQ(services[1].observed.probes["b"].state, ProbeState::Healthy);
}

TEST(Divide, AServiceMayBeCalledATrial) {
  std::vector<ServicePass> services;
  services.push_back(Service("web"));
  services.push_back(Service("web.trial"));
  Divide({.containers = {Container("a", "web.trial")}}, services);
  EXPECT_THAT(IdsOf(services[0]), IsEmpty());
  EXPECT_THAT(IdsOf(services[1]), ElementsAre("a"));
}

TEST(Divide, WhatServicesShareIsKnownToEach) {
  std::vector<ServicePass> services;
  for (const std::string name : {"web", "db"}) {
    services.push_back(Service(name));
    services.back().desired.files = {{.host_path = "/files/motd"}};
    services.back().desired.exclusive_sources = {"/srv/data"};
  }
  Divide({.writers_elsewhere = {{"/srv/data", "other"}}, .written_files = {{"/files/motd", "hash"}}}, services);
  for (const ServicePass& service : services) {
    EXPECT_EQ(service.observed.writers_elsewhere.at("/srv/data"), "other");
    EXPECT_EQ(service.observed.written_files.at("/files/motd"), "hash");
  }
}

TEST(Divide, WhatNoServiceAsksForIsOneThatDesiresNothing) {
  std::vector<ServicePass> services;
  services.push_back(Service("web"));
  Divide({.containers = {Container("a", "web"), Container("b", "gone")}}, services);
  ASSERT_THAT(services, SizeIs(2));
  EXPECT_THAT(IdsOf(services[1]), ElementsAre("b"));
  EXPECT_EQ(services[1].desired.workload, "shop");
  EXPECT_THAT(services[1].desired.containers, IsEmpty());
}

TEST(Divide, AWorkloadOfOneImageKeepsAll) {
  std::vector<ServicePass> services;
  services.push_back({.desired = {.workload = "shop"}});
  Divide({.containers = {Container("a", "main"), Container("b", "other")}}, services);
  ASSERT_THAT(services, SizeIs(1));
  EXPECT_THAT(IdsOf(services[0]), ElementsAre("a", "b"));
}

TEST(FactsOfService, WhatAPersonSaidOfTheWorkloadHoldsForEach) {
  Facts workload{.suspended = true, .stopped = true};
  workload.retried = SysTime(std::chrono::seconds(50));
  Facts own;
  own.failed = {{.release = "old", .at = SysTime(std::chrono::seconds(40))},
                {.release = "new", .at = SysTime(std::chrono::seconds(60))}};
  const Facts facts = FactsOfService(own, workload);
  EXPECT_TRUE(facts.suspended);
  EXPECT_TRUE(facts.stopped);
  ASSERT_THAT(facts.failed, SizeIs(1));  // what failed before the retry may be tried again
  EXPECT_EQ(facts.failed[0].release, "new");
}

class AwaitedOfTest : public ::testing::Test {
 protected:
  std::string Awaited(ServiceCondition condition) {
    DesiredState desired{.workload = "shop", .service = "web", .after = {{"db", condition}}};
    return AwaitedOf(desired, std::span(&db, 1));
  }
  ServicePass db = Service("db");
};

TEST_F(AwaitedOfTest, AStartedServiceHasAContainerThatWasStarted) {
  EXPECT_EQ(Awaited(ServiceCondition::Started), "waiting for db to be started");
  db.observed.containers = {Container("b", "db")};
  db.observed.containers[0].state = ContainerState::Created;
  EXPECT_EQ(Awaited(ServiceCondition::Started), "waiting for db to be started");
  db.observed.containers[0].state = ContainerState::Running;
  EXPECT_EQ(Awaited(ServiceCondition::Started), "");
}

// Between two starts of a crash loop too.
TEST_F(AwaitedOfTest, AServiceHasStartedOnceItsHooksHaveEndedWell) {
  ContainerTemplate made{.image = "db:1"};
  made.post_start = {{.command = {"/schema"}}};
  db.observed.containers = {Container("b", "db")};
  ObservedContainer& container = db.observed.containers[0];
  container.labels[std::string(label::kPostStart)] = EncodeHooks(made.post_start);
  container.labels[std::string(label::kFields)] = FieldDigests(made);
  container.started = SysTime(Duration(1));
  for (const ContainerState state : {ContainerState::Running, ContainerState::Restarting, ContainerState::Exited}) {
    container.state = state;
    EXPECT_EQ(Awaited(ServiceCondition::Started), "waiting for db to be started");
  }
  db.observed.hooks["b"] = {.state = HookState::Succeeded};
  EXPECT_EQ(Awaited(ServiceCondition::Started), "");
  db.observed.hooks.clear();
  db.facts.hooked = {"b"};
  EXPECT_EQ(Awaited(ServiceCondition::Started), "");
}

TEST_F(AwaitedOfTest, AnyHealthyContainerCounts) {
  EXPECT_EQ(Awaited(ServiceCondition::Healthy), "waiting for db to be healthy");
  db.decision.verdict = {.phase = Phase::Failed, .ready_replicas = 1};
  EXPECT_EQ(Awaited(ServiceCondition::Healthy), "");
}

TEST_F(AwaitedOfTest, WhatRunsOnceHasToEndWell) {
  db.decision.verdict.ready_replicas = 1;
  EXPECT_EQ(Awaited(ServiceCondition::Completed), "waiting for db to complete");
  db.decision.done = "release";
  EXPECT_EQ(Awaited(ServiceCondition::Completed), "");
}

class OptionalDependencyTest : public ::testing::Test {
 protected:
  std::string Awaited(ServiceCondition condition) {
    DesiredState desired{.workload = "shop", .service = "web", .after = {{"db", condition, false}}};
    return AwaitedOf(desired, services);
  }
  Verdict& OfDb() { return services[1].decision.verdict; }
  std::vector<ServicePass> services = {Service("vpn"), Service("db")};
};

TEST_F(OptionalDependencyTest, IsWaitedForWhileItIsOnItsWay) {
  OfDb().phase = Phase::Progressing;
  EXPECT_EQ(Awaited(ServiceCondition::Healthy), "waiting for db to be healthy");
  EXPECT_EQ(Awaited(ServiceCondition::Completed), "waiting for db to complete");
  OfDb() = {.phase = Phase::Waiting, .reason = "PullingImage"};
  EXPECT_EQ(Awaited(ServiceCondition::Started), "waiting for db to be started");
}

TEST_F(OptionalDependencyTest, IsNotWaitedForOnceItFailed) {
  OfDb() = {.phase = Phase::Failed, .reason = "Unhealthy"};
  EXPECT_EQ(Awaited(ServiceCondition::Healthy), "");
  EXPECT_EQ(Awaited(ServiceCondition::Completed), "");
}

TEST_F(OptionalDependencyTest, IsNotWaitedForWhereItCannotStart) {
  OfDb() = {.phase = Phase::Waiting, .reason = "ImagePullFailed"};
  EXPECT_EQ(Awaited(ServiceCondition::Started), "");
  services[1].desired.after = {{"vpn", ServiceCondition::Healthy}};
  OfDb() = {.phase = Phase::Waiting, .reason = "DependencyNotReady"};
  services[0].decision.verdict.phase = Phase::Progressing;
  EXPECT_EQ(Awaited(ServiceCondition::Started), "waiting for db to be started");
  services[0].decision.verdict.phase = Phase::Failed;
  EXPECT_EQ(Awaited(ServiceCondition::Started), "") << "db waits for what has failed";
}

TEST(ServicesLeft, AreThoseThatTheWorkloadDoesNotHave) {
  std::vector<ServicePass> services = {Service("web")};
  services[0].desired.containers.clear();  // scaled to none is not left
  Divide({.containers = {Container("a", "web"), Container("b", "gone"), Container("c", "gone+trial")}}, services);
  EXPECT_THAT(ServicesLeft(services), ElementsAre("gone"));
  HoldBack({"gone"}, services);
  EXPECT_FALSE(services[0].held);
  EXPECT_TRUE(services[1].held);
  EXPECT_THAT(IdsOf(services[1]), ElementsAre("b", "c"));
}

TEST(ServicesLeft, AWorkloadOfOneImageMayHaveHadMany) {
  std::vector<ServicePass> services;
  services.push_back({.desired = {.workload = "shop"}});
  Divide({.containers = {Container("a", "main"), Container("b", "web")}}, services);
  EXPECT_THAT(ServicesLeft(services), ElementsAre("web"));
  HoldBack({"web"}, services);
  EXPECT_THAT(IdsOf(services[0]), ElementsAre("a"));
}

TEST(LeftAlone, WhatServesGoesOnServing) {
  ServicePass service = Service("web");
  service.observed.containers = {Container("a", "web")};
  service.observed.containers[0].state = ContainerState::Running;
  const Verdict waiting = LeftAlone(service, {ErrorKind::Waiting, "Secret db has no key password"});
  EXPECT_EQ(waiting.phase, Phase::Waiting);
  EXPECT_EQ(waiting.ready_replicas, 1);
  EXPECT_EQ(waiting.message, "Secret db has no key password");
  service.observed.containers[0].health = ContainerHealth::Unhealthy;
  const Verdict failed = LeftAlone(service, {ErrorKind::Terminal, "no"});
  EXPECT_EQ(failed.phase, Phase::Failed);
  EXPECT_EQ(failed.ready_replicas, 0);
}

TEST(ComeBackOfIdle, IsOfThoseThatNothingIsToBeDoneFor) {
  std::vector<ServicePass> services = {Service("a"), Service("b"), Service("c")};
  for (int i = 0; i < 3; ++i) services[i].decision.verdict.come_back = std::chrono::seconds(3 + i);
  services[0].decision.plan.steps.push_back({action::Start{{"a", "a"}}, "why"});
  services[1].error = Error{ErrorKind::Transient, "busy"};
  EXPECT_EQ(ComeBackOfIdle(services), Duration(std::chrono::seconds(5)));
  services.pop_back();
  EXPECT_EQ(ComeBackOfIdle(services), std::nullopt);
}

TEST(Combine, TheWorstVerdictSpeaksAndNamesItsService) {
  std::vector<ServicePass> services;
  services.push_back(Service("db"));
  services.push_back(Service("web"));
  services[0].decision.verdict = {.phase = Phase::Ready, .ready_replicas = 1};
  services[1].decision.verdict = {.phase = Phase::Failed,
                                  .reason = "CrashLoopBackOff",
                                  .message = "it ends",
                                  .ready_replicas = 0,
                                  .come_back = std::chrono::seconds(5)};
  const Verdict verdict = Combine(std::move(services)).decision.verdict;
  EXPECT_EQ(verdict.phase, Phase::Failed);
  EXPECT_EQ(verdict.reason, "CrashLoopBackOff");
  EXPECT_EQ(verdict.message, "web: it ends");
  EXPECT_EQ(verdict.ready_replicas, 1);
  EXPECT_EQ(verdict.come_back, std::chrono::seconds(5));
}

class OrderTest : public ::testing::Test {
 protected:
  ServicePass& Add(const std::string& name, std::vector<ServiceDependency> after = {}) {
    services.push_back(Service(name));
    services.back().desired.after = std::move(after);
    services.back().decision.plan.steps = {{action::Start{{name, name}}, "c", 0},
                                           {action::Start{{name, name}}, "c", 2}};
    return services.back();
  }
  // Of each service, by its first step.
  std::map<std::string, StepOrder> Orders() {
    std::map<std::string, StepOrder> orders;
    for (const Step& step : Combine(std::move(services)).decision.plan.steps)
      orders.try_emplace(std::get<action::Start>(step.action).target.name, step.order);
    return orders;
  }
  std::vector<ServicePass> services;
};

TEST_F(OrderTest, IndependentServicesHaveTheSameTurnAndLanesOfTheirOwn) {
  for (const std::string name : {"a", "b", "c"}) Add(name);
  const auto orders = Orders();
  EXPECT_EQ(orders.at("a").turn, orders.at("c").turn);
  EXPECT_NE(orders.at("a").lane, orders.at("b").lane);
  EXPECT_NE(orders.at("b").lane, orders.at("c").lane);
}

TEST_F(OrderTest, TheStepsOfAServiceStayInItsLaneAndGroups) {
  Add("a");
  Add("b");
  const auto steps = Combine(std::move(services)).decision.plan.steps;
  EXPECT_EQ(steps[2].order, steps[3].order);
  EXPECT_EQ(steps[2].group, 0);
  EXPECT_EQ(steps[3].group, 2);
}

TEST_F(OrderTest, TheTurnOfAServiceFollowsThoseOfAllThatItDependsOn) {
  Add("db");
  Add("api", {{"db", ServiceCondition::Healthy}}).decision.plan.steps.clear();
  Add("cache");
  Add("web", {{"cache", ServiceCondition::Started}, {"api", ServiceCondition::Started}});
  Add("proxy", {{"web", ServiceCondition::Started}});
  const auto orders = Orders();
  EXPECT_EQ(orders.at("db").turn, 0);
  EXPECT_EQ(orders.at("cache").turn, 0);
  EXPECT_EQ(orders.at("web").turn, 1);  // by way of api, which has nothing to do
  EXPECT_EQ(orders.at("proxy").turn, 2);
}

TEST_F(OrderTest, WhoDependsOnWhatHasNothingToDoDoesNotWait) {
  Add("db").decision.plan.steps.clear();
  Add("a", {{"db", ServiceCondition::Started}});
  Add("b");
  const auto orders = Orders();
  EXPECT_EQ(orders.at("a").turn, orders.at("b").turn);
}

TEST_F(OrderTest, WhatNoServiceAsksForComesLast) {
  Add("db");
  Add("web", {{"db", ServiceCondition::Started}});
  Add("gone").desired.containers.clear();
  const auto orders = Orders();
  EXPECT_GT(orders.at("gone").turn, orders.at("web").turn);
}

TEST(Combine, NetworksOfSeveralServicesAreNamedOnce) {
  std::vector<ServicePass> services;
  services.push_back(Service("db"));
  services.push_back(Service("web"));
  for (ServicePass& service : services) service.desired.networks = {{.name = "shop_default"}};
  const WorkloadView view = Combine(std::move(services));
  EXPECT_THAT(view.desired.networks, SizeIs(1));
  EXPECT_THAT(view.desired.containers, SizeIs(2));
  EXPECT_EQ(view.desired.workload, "shop");
}

}  // namespace
}  // namespace tinyforge
