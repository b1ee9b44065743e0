#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/sections.h"
#include "tests/unit/controller/tfctl/stop_at.h"
#include "tests/unit/controller/tfctl/tfctl_fixture.h"

namespace tinyforge::tfctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using GetTest = TfctlTest;

TEST_F(GetTest, WorkloadsTableSaysWhyOneIsNotReady) {
  AddShopAndApi();
  EXPECT_EQ(Run({"get", "workloads"}), kDone);
  EXPECT_EQ(
      out,
      "NAME   READY   STATUS          REVISION   AGE   MESSAGE\n"
      "api    0/1     RolloutFailed   4f2a9c1    3m    exit code 3: no such table users; version 1.1 keeps serving\n"
      "shop   2/2     Ready           4f2a9c1    42m\n");
  EXPECT_EQ(err, "");
}

TEST_F(GetTest, MessagesAreCutToTheTerminal) {
  AddShopAndApi();
  width_ = 70;
  EXPECT_EQ(Run({"get", "wl", "api"}), kDone);
  EXPECT_EQ(out,
            "NAME   READY   STATUS          REVISION   AGE   MESSAGE\n"
            "api    0/1     RolloutFailed   4f2a9c1    3m    exit code 3: no such …\n");
}

TEST(Columns, AWorkloadOfSeveralServicesCountsThemAndShowsTheirImages) {
  const auto shop = ParseJson(R"({"metadata": {"name": "shop"}, "spec": {"source": {"compose": {"file": "c.yaml"}}},
    "status": {"replicas": 4, "readyReplicas": 2, "services": [
      {"name": "db", "image": "postgres:16", "replicas": 1, "readyReplicas": 1, "ready": true, "reason": "Running"},
      {"name": "job", "image": "shop:2", "replicas": 1, "readyReplicas": 0, "ready": true, "reason": "Completed"},
      {"name": "web", "image": "shop:2", "replicas": 2, "readyReplicas": 1, "ready": false, "reason": "Starting",
       "message": "1 of 2 replicas ready"}]}})");
  ASSERT_TRUE(shop);
  const auto row = RowOf(ResourceKind::Workload, true, *shop, kNow);
  EXPECT_EQ(row[1].text, "2/3");
  EXPECT_EQ(row[5].text, "compose");
  EXPECT_EQ(row[6].text, "postgres:16,shop:2");
  std::ostringstream text;
  PrintServices({.out = text, .err = text}, *shop);
  EXPECT_EQ(text.str(),
            "Services:\n"
            "  NAME   READY   STATUS      IMAGE         MESSAGE\n"
            "  db     1/1     Running     postgres:16\n"
            "  job    0/1     Completed   shop:2\n"
            "  web    1/2     Starting    shop:2        1 of 2 replicas ready\n");
}

TEST_F(GetTest, WideShowsWhereTheObjectComesFrom) {
  AddShopAndApi();
  EXPECT_EQ(Run({"get", "wl/shop", "-o", "wide", "--no-headers"}), kDone);
  EXPECT_EQ(out,
            "shop   2/2     Ready    4f2a9c1    42m   image    registry.example.com/shop:1.4.2   apps/shop.yaml:1:1   "
            "team=web\n");
}

TEST_F(GetTest, ASpecThatWasNotActedUponYetIsNotReady) {
  AddShopAndApi();
  backend_.store.records[{Kind::Workload, "shop"}].generation = 2;
  Run({"get", "wl", "shop"});
  EXPECT_THAT(out, AllOf(HasSubstr("Pending"), HasSubstr("the newest spec has not been acted upon yet")));
}

TEST_F(GetTest, SelectsByLabelAndSortsByPath) {
  AddShopAndApi();
  EXPECT_EQ(Run({"get", "wl", "-l", "team=web", "-o", "name"}), kDone);
  EXPECT_EQ(out, "workload/shop\n");
  EXPECT_EQ(Run({"get", "wl", "-l", "team!=web,team", "-o", "name"}), kDone);
  EXPECT_EQ(out, "workload/api\n");
  EXPECT_EQ(Run({"get", "wl", "--sort-by", ".status.readyReplicas", "-o", "name"}), kDone);
  EXPECT_EQ(out, "workload/api\nworkload/shop\n");
  EXPECT_EQ(Run({"get", "wl", "--sort-by", ".metadata.labels.team", "-o", "name"}), kDone);
  EXPECT_EQ(out, "workload/api\nworkload/shop\n");
}

TEST_F(GetTest, JsonAndYamlShowTheObjectAsAManifest) {
  AddShopAndApi();
  EXPECT_EQ(Run({"get", "workload", "shop", "-o", "yaml"}), kDone);
  EXPECT_THAT(out, StartsWith("apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata:\n  name: shop\n"));
  EXPECT_THAT(out, HasSubstr("      repository: registry.example.com/shop\n"));
  EXPECT_EQ(Run({"get", "workload", "shop", "-o", "json"}), kDone);
  EXPECT_THAT(out, HasSubstr("\"kind\": \"Workload\""));
  EXPECT_EQ(Run({"get", "workloads", "-o", "json"}), kDone);
  EXPECT_THAT(out, HasSubstr("\"kind\": \"List\""));
}

TEST_F(GetTest, JsonPathReadsConditionsAsKubectlDoes) {
  AddShopAndApi();
  EXPECT_EQ(Run({"get", "wl", "shop", "-o", R"(jsonpath={.status.conditions[?(@.type=="Ready")].status})"}), kDone);
  EXPECT_EQ(out, "True");
  EXPECT_EQ(Run({"get", "wl", "-o", R"(jsonpath={range .items[*]}{.metadata.name}={.spec.replicas}{"\n"}{end})"}),
            kDone);
  EXPECT_EQ(out, "api=\nshop=2\n");
  EXPECT_EQ(Run({"get", "wl", "-o", "jsonpath={.items[*].metadata.name}"}), kDone);
  EXPECT_EQ(out, "api shop");
  EXPECT_EQ(Run({"get", "wl", "-o", "jsonpath={.items[1].metadata['name']} is {.kind}"}), kDone);
  EXPECT_EQ(out, "shop is List");
  EXPECT_EQ(Run({"get", "wl", "-o", "jsonpath={.items[x]}"}), kUsage);
}

TEST_F(GetTest, RepositoryShowsEveryBrokenManifest) {
  backend_.store.repository = {
      .url = "https://git.example.com/config",
      .branch = "main",
      .path = ".",
      .revision = kCommit,
      .fetched = kNow - std::chrono::seconds(20),
      .applied = kNow - std::chrono::hours(4),
      .conditions = {MakeCondition("Ready", ConditionStatus::False, "ManifestErrors", "1 file is broken")},
      .errors = {{{"apps/shop.yaml", 12, 7}, "spec.replicas", "expected a number from 0 to 100"}}};
  EXPECT_EQ(Run({"get", "repository"}), kDone);
  EXPECT_EQ(out,
            "URL                              BRANCH   REVISION   FETCHED   STATUS           BROKEN FILES   MESSAGE\n"
            "https://git.example.com/config   main     4f2a9c1    20s       ManifestErrors   1              1 file is "
            "broken\n"
            "\n"
            "apps/shop.yaml:12:7: spec.replicas: expected a number from 0 to 100\n");
  AddShopAndApi();
  EXPECT_EQ(Run({"get", "wl"}), kDone);
  EXPECT_EQ(
      err,
      "note: 1 file of the config repository could not be used, first apps/shop.yaml:12:7: spec.replicas: expected a "
      "number from 0 to 100 (tfctl get repository)\n");
}

TEST_F(GetTest, DeletionsThatWaitAreShownToWhoeverAsks) {
  const std::string waits =
      "the removal of 2 workloads waits: api, shop; to release it: tfctl approve deletions 4f2a9c1";
  backend_.store.repository = {
      .url = "https://git.example.com/config",
      .branch = "main",
      .conditions = {MakeCondition("Ready", ConditionStatus::True, "Synced", ""),
                     MakeCondition("DeletionsPending", ConditionStatus::True, "ApprovalRequired", waits)}};
  EXPECT_EQ(Run({"get", "repository"}), kDone);
  EXPECT_THAT(out, HasSubstr(waits + "\n"));
  EXPECT_EQ(err, "");
  AddShopAndApi();
  EXPECT_EQ(Run({"get", "wl"}), kDone);
  EXPECT_EQ(err, "note: " + waits + "\n");
  backend_.store.repository.conditions.back().status = ConditionStatus::False;
  EXPECT_EQ(Run({"get", "wl"}), kDone);
  EXPECT_EQ(err, "");
}

TEST_F(GetTest, SecretsShowKeysAndNeverMore) {
  Add(MakeRecord(Kind::Secret, "shop", R"({"fromFiles":{"password":"shop/password","token":"shop/token"}})"));
  backend_.secret_keys = {{"password", "1a2b3c4d", ""},
                          {"token", "", "no file shop/token below the secrets directory"}};
  EXPECT_EQ(Run({"get", "secrets"}), kDone);
  EXPECT_EQ(out,
            "NAME   READABLE   STATUS       KEYS             MESSAGE\n"
            "shop   1/2        Unreadable   password,token   token: no file shop/token below the secrets directory\n");
}

TEST_F(GetTest, ContainersAndAllTellKindsApart) {
  AddShopAndApi();
  backend_.store.containers = {
      {"0123456789abcdef", "shop", "shop", "image", "registry.example.com/shop:1.4.2", "running", "owned", 1,
       kNow - std::chrono::hours(1)},
      {"fedcba", "clone", "shop", "image", "evil", "exited", "foreign", 0, kNow - std::chrono::hours(50)}};
  EXPECT_EQ(Run({"get", "ct"}), kDone);
  EXPECT_EQ(out,
            "NAME    WORKLOAD   STATE     RELATION   AGE    IMAGE\n"
            "shop    shop       running   owned      60m    registry.example.com/shop:1.4.2\n"
            "clone   shop       exited    foreign    2d2h   evil\n");
  EXPECT_EQ(Run({"get", "all"}), kDone);
  EXPECT_THAT(out,
              AllOf(HasSubstr("workloads:\nNAME"), HasSubstr("\n\ncontainers:\nNAME"), Not(HasSubstr("triggers"))));
}

TEST_F(GetTest, WhatIsNotThereIsNamed) {
  EXPECT_EQ(Run({"get", "workload", "nobody"}), kFailed);
  EXPECT_EQ(err, "error: workload \"nobody\" not found\n");
  EXPECT_EQ(Run({"get", "workloads"}), kDone);
  EXPECT_EQ(err, "No workloads found.\n");
  EXPECT_EQ(Run({"get", "nonsense"}), kUsage);
  EXPECT_THAT(err, AllOf(HasSubstr("nonsense"), HasSubstr("workloads (wl)")));
  EXPECT_EQ(Run({"get", "wl", "-o", "xml"}), kUsage);
  EXPECT_EQ(Run({"frobnicate"}), kUsage);
  EXPECT_EQ(Run({}), kUsage);
}

TEST_F(GetTest, ControlCharactersOfTheWorldDoNotReachTheTerminal) {
  AddShopAndApi();
  backend_.store.records[{Kind::Workload, "api"}].status.conditions[0].message = "bad\n\033[31mred";
  Run({"get", "wl", "api"});
  EXPECT_THAT(out, AllOf(HasSubstr("bad  [31mred"), Not(HasSubstr("\033"))));
}

TEST_F(GetTest, WithoutAControllerItSaysSo) {
  EXPECT_EQ(RunPlain({"--api-socket", dir_ / "nobody", "get", "wl"}), kFailed);
  EXPECT_THAT(err, AllOf(HasSubstr("could not connect to " + (dir_ / "nobody")), HasSubstr("is tinyforged running?")));
}

TEST_F(GetTest, EventsShowCountsAndFilterByObject) {
  backend_.store.events = {
      {kNow - std::chrono::minutes(9), Event::Type::Warning, "workload/shop", "PullFailed", "401 from the registry", 3},
      {kNow - std::chrono::minutes(1), Event::Type::Normal, "repository", "Fetched", "4f2a9c1", 1}};
  EXPECT_EQ(Run({"events", "shop"}), kDone);
  EXPECT_EQ(out,
            "LAST SEEN   TYPE      REASON       OBJECT          MESSAGE\n"
            "9m (x3)     Warning   PullFailed   workload/shop   401 from the registry\n");
  EXPECT_EQ(Run({"get", "events"}), kDone);
  EXPECT_THAT(out, HasSubstr("Fetched"));
}

TEST_F(GetTest, WatchShowsARowWhenItChanges) {
  AddShopAndApi();
  std::stop_source source;
  StopAt buffer("RolloutFailed   4f2a9c1    42m   second", source);
  std::ostream stream(&buffer);
  std::ostringstream errors;
  std::jthread controller([&] {
    buffer.AwaitFirst();
    auto status = backend_.store.records[{Kind::Workload, "shop"}].status;
    status.conditions = {MakeCondition("Ready", ConditionStatus::False, "RolloutFailed", "second")};
    (void)backend_.store.UpdateStatus({Kind::Workload, "shop"}, status);
    backend_.changes.Bump();
  });
  const int code = TfctlMain({"--api-socket", Socket(), "get", "wl", "-w"},
                             {.out = stream, .err = errors, .now = [] { return kNow; }, .stop = source.get_token()});
  EXPECT_EQ(code, kDone) << errors.str();
  EXPECT_EQ(
      buffer.str(),
      "NAME   READY   STATUS          REVISION   AGE   MESSAGE\n"
      "api    0/1     RolloutFailed   4f2a9c1    3m    exit code 3: no such table users; version 1.1 keeps serving\n"
      "shop   2/2     Ready           4f2a9c1    42m\n"
      "shop   2/2     RolloutFailed   4f2a9c1    42m   second\n");
}

}  // namespace
}  // namespace tinyforge::tfctl
