#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/controller/tfctl/tfctl_fixture.h"

namespace tinyforge::tfctl {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

class VerbsTest : public TfctlTest {
 protected:
  void WriteFile(const std::string& name, const std::string& content) {
    const std::filesystem::path path = dir_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }

  void AddFailedContainer() {
    ObservedContainer failed{.id = "0123",
                             .name = "api-candidate",
                             .state = ContainerState::Exited,
                             .exit_code = 3,
                             .created = kNow - std::chrono::minutes(5)};
    failed.labels = {{std::string(label::kRevision), kCommit},
                     {std::string(label::kCause), "spec.source.image.tag: 1.1 -> 1.2"}};
    backend_.observed["api"] = {failed};
    backend_.store.events = {
        {kNow - std::chrono::hours(2), Event::Type::Normal, "workload/api", "Started", "of an earlier rollout", 1},
        {kNow - std::chrono::minutes(4), Event::Type::Normal, "workload/api", "Created", "container api-candidate", 1}};
  }
};

TEST_F(VerbsTest, DescribeShowsSpecConditionsContainersAndEvents) {
  AddShopAndApi();
  AddFailedContainer();
  EXPECT_EQ(Run({"describe", "workload", "api"}), kDone) << err;
  EXPECT_EQ(out,
            "Name:         api\n"
            "Kind:         Workload\n"
            "Labels:       team=core\n"
            "Manifest:     apps/api.yaml:1:1\n"
            "Revision:     4f2a9c1d00112233445566778899aabbccddeeff\n"
            "Status:       RolloutFailed: exit code 3: no such table users; version 1.1 keeps serving\n"
            "Spec:\n"
            "  source:\n"
            "    image:\n"
            "      repository: registry.example.com/api\n"
            "Conditions:\n"
            "  TYPE    STATUS   REASON          SINCE   MESSAGE\n"
            "  Ready   False    RolloutFailed   42m     exit code 3: no such table users; version 1.1 keeps serving\n"
            "Last rollout:\n"
            "  cause: spec.source.image.tag: 1.1 -> 1.2\n"
            "  revision: 4f2a9c1d00112233445566778899aabbccddeeff\n"
            "  outcome: Failed\n"
            "  message: exit code 3: no such table users\n"
            "  started: 2026-03-01T11:55:00.000Z\n"
            "  took: 2m\n"
            "Containers:\n"
            "  NAME            STATE    HEALTH   RESTARTS   EXIT   AGE   REVISION   CAUSE\n"
            "  api-candidate   exited   none     0          3      5m    4f2a9c1    spec.source.image.tag: 1.1 -> 1.2\n"
            "Events:\n"
            "  AGE    TYPE     REASON    MESSAGE\n"
            "  120m   Normal   Started   of an earlier rollout\n"
            "  4m     Normal   Created   container api-candidate\n");
}

TEST_F(VerbsTest, WhyGoesFromTheCommitToTheOutcomeAndWhatIsNext) {
  AddShopAndApi();
  AddFailedContainer();
  backend_.plans["api"] = {"api", {}};
  EXPECT_EQ(Run({"why", "api"}), kDone) << err;
  EXPECT_EQ(out,
            "Workload:     api, registry.example.com/api:latest\n"
            "Commit:       4f2a9c1d00112233445566778899aabbccddeeff, apps/api.yaml:1:1\n"
            "Cause:        spec.source.image.tag: 1.1 -> 1.2\n"
            "Outcome:      Failed after 2m, 3m ago: exit code 3: no such table users\n"
            "Now:          RolloutFailed for 42m: exit code 3: no such table users; version 1.1 keeps serving\n"
            "Events:\n"
            "  AGE   TYPE     REASON    MESSAGE\n"
            "  4m    Normal   Created   container api-candidate\n"
            "Containers:\n"
            "  NAME            STATE    HEALTH   RESTARTS   EXIT   AGE   REVISION   CAUSE\n"
            "  api-candidate   exited   none     0          3      5m    4f2a9c1    spec.source.image.tag: 1.1 -> 1.2\n"
            "Next:         nothing until a commit changes it, or: tfctl retry api\n");
  backend_.plans["shop"] = {"shop", {}};
  EXPECT_EQ(Run({"why", "shop"}), kDone) << err;
  EXPECT_THAT(out, testing::HasSubstr("Next:         nothing to do: what runs is what the manifest says\n"));
}

TEST_F(VerbsTest, DiffTellsByStepsAndExitCode) {
  AddShopAndApi();
  backend_.plans["shop"] = {"shop", {}};
  backend_.plans["api"] = {"api", {}};
  EXPECT_EQ(Run({"diff"}), 0);
  EXPECT_EQ(out, "");
  backend_.plans["api"].lines = {"create container api (missing)", "start container api (missing)"};
  EXPECT_EQ(Run({"diff"}), 1);
  EXPECT_EQ(out, "workload/api\n  create container api (missing)\n  start container api (missing)\n");
  EXPECT_EQ(Run({"diff", "shop"}), 0);
  EXPECT_EQ(Run({"diff", "nobody"}), 2);
}

TEST_F(VerbsTest, DiffSendsAFolderAsACommitWouldHoldIt) {
  WriteFile("tree/apps/shop.yaml", "kind: Workload\n");
  WriteFile("tree/logo.png", std::string("\x89PNG\0\xff", 6));
  WriteFile("tree/.git/config", "not part of a commit");
  std::filesystem::create_symlink("/etc/passwd", dir_ / "tree/link");
  backend_.tree_plan.plans = {{"shop", {"create container shop (new)"}}};
  EXPECT_EQ(Run({"diff", "-f", dir_ / "tree"}), 1) << err;
  EXPECT_EQ(out, "workload/shop\n  create container shop (new)\n");
  EXPECT_THAT(backend_.planned_files, ElementsAre(Pair("apps/shop.yaml", "kind: Workload\n"),
                                                  Pair("logo.png", std::string("\x89PNG\0\xff", 6))));
  backend_.tree_plan.errors = {{{"apps/shop.yaml", 1, 1}, "spec", "is missing"}};
  EXPECT_EQ(Run({"diff", "-f", dir_ / "tree"}), 2);
  EXPECT_EQ(err, "apps/shop.yaml:1:1: spec: is missing\n");
  EXPECT_EQ(Run({"diff", "-f", dir_ / "nowhere"}), 2);
}

TEST_F(VerbsTest, SyncPrintsTheRevisionInForce) {
  backend_.on_sync = [](std::stop_token) {
    return serve::SyncResult{
        .revision = kCommit, .changed = true, .errors = {{{"a.yaml", 2, 1}, "kind", "is not known"}}};
  };
  EXPECT_EQ(Run({"sync"}), kDone);
  EXPECT_EQ(out, std::string("revision ") + kCommit + " is in force\n");
  EXPECT_EQ(err, "a.yaml:2:1: kind: is not known\n");
  backend_.on_sync = [](std::stop_token) { return Error{ErrorKind::Transient, "could not fetch: connection refused"}; };
  EXPECT_EQ(Run({"sync"}), kFailed);
  EXPECT_EQ(err, "error: could not fetch: connection refused\n");
}

TEST_F(VerbsTest, WaitReturnsWhenTheConditionComesTrue) {
  AddShopAndApi();
  EXPECT_EQ(Run({"wait", "workload", "shop"}), kDone);
  EXPECT_EQ(out, "workload/shop condition met\n");
  std::jthread controller([this] {
    // The first answer of the wait below may come before or after this; both must end it.
    auto status = backend_.store.Get({Kind::Workload, "api"})->value().status;
    status.conditions[0].status = ConditionStatus::True;
    (void)backend_.store.UpdateStatus({Kind::Workload, "api"}, status);
    backend_.changes.Bump();
  });
  EXPECT_EQ(Run({"wait", "--all", "--for=condition=ready", "--timeout", "20s"}), kDone) << err;
  EXPECT_EQ(out, "workload/api condition met\nworkload/shop condition met\n");
}

TEST_F(VerbsTest, WaitThatTimesOutSaysWhatIsMissing) {
  AddShopAndApi();
  EXPECT_EQ(Run({"wait", "wl/api", "--timeout=30ms"}), kFailed);
  EXPECT_EQ(err,
            "error: timed out after 30ms: workload/api is RolloutFailed (exit code 3: no such table users; version 1.1 "
            "keeps serving)\n");
  EXPECT_EQ(Run({"wait", "wl/nobody", "--timeout=30ms"}), kFailed);
  EXPECT_EQ(Run({"wait", "wl/nobody", "--for=delete"}), kDone);
  EXPECT_EQ(Run({"wait", "wl/api", "--for=condition=Ready=False"}), kDone);
  EXPECT_EQ(Run({"wait", "wl/api", "--for=sunshine"}), kUsage);
}

TEST_F(VerbsTest, WaitDoesNotTakeTheConditionOfAnEarlierSpec) {
  AddShopAndApi();
  backend_.store.records[{Kind::Workload, "shop"}].generation = 2;
  EXPECT_EQ(Run({"wait", "wl/shop", "--timeout=30ms"}), kFailed);
}

TEST_F(VerbsTest, LogsPassTheOptionsAndTheBytes) {
  serve::LogOptions seen;
  backend_.on_logs = [&seen](const serve::LogOptions& options, const serve::LogSink& sink, std::stop_token) {
    seen = options;
    sink("one\n");
    sink("two\n");
    return Expected<void>();
  };
  EXPECT_EQ(Run({"logs", "shop", "-f", "--tail", "5", "--since", "10m", "--timestamps"}), kDone) << err;
  EXPECT_EQ(out, "one\ntwo\n");
  EXPECT_TRUE(seen.follow && seen.timestamps);
  EXPECT_EQ(seen.tail, 5);
  EXPECT_EQ(seen.since, kNow - std::chrono::minutes(10));
  backend_.on_logs = [](const serve::LogOptions&, const serve::LogSink&, std::stop_token) {
    return Expected<void>(Error{ErrorKind::NotFound, "there is no container with logs"});
  };
  EXPECT_EQ(Run({"logs", "shop"}), kFailed);
  EXPECT_EQ(err, "error: there is no container with logs\n");
}

TEST_F(VerbsTest, ApproveReleasesTheDeletionsOfTheRevisionInForce) {
  backend_.store.repository.revision = kCommit;
  EXPECT_EQ(Run({"approve", "deletions", "4f2a9c1"}), kDone) << err;
  EXPECT_EQ(backend_.approved, "4f2a9c1");
  EXPECT_EQ(Run({"approve", "deletions", "0000000"}), kFailed);
}

TEST_F(VerbsTest, WhatIsAskedOfAWorkloadIsAnsweredInASentence) {
  AddShopAndApi();
  for (const char* verb : {"suspend", "resume", "stop", "start", "retry", "rollback", "unpin"}) {
    EXPECT_EQ(Run({verb, "api"}), kDone) << err;
    EXPECT_EQ(out, "api " + std::string(verb) + "\n");
  }
  EXPECT_EQ(Run({"rollback", "api", "--to", "7"}), kDone);
  EXPECT_EQ(out, "api rollback to 7\n");
  EXPECT_EQ(Run({"stop", "ghost"}), kFailed);
  EXPECT_THAT(err, HasSubstr("workload \"ghost\" not found"));
  EXPECT_EQ(Run({"rollback", "api", "--to", "x"}), kUsage);
  EXPECT_EQ(Run({"stop"}), kUsage);
}

TEST_F(VerbsTest, RolloutsAreListedNewestFirstAndByWorkload) {
  AddShopAndApi();
  const auto rollout = [](std::int64_t id, const char* outcome) {
    return v1::RolloutRecord{.id = id,
                             .cause = "image differs",
                             .outcome = outcome,
                             .revision = kCommit,
                             .from = {"1.1", "", ""},
                             .to = {"1.2", "", ""},
                             .started = kNow - std::chrono::minutes(5),
                             .ended = kNow - std::chrono::minutes(4)};
  };
  backend_.store.rollouts = {
      {"api", rollout(2, "Failed")}, {"api", rollout(1, "Succeeded")}, {"shop", rollout(1, "Succeeded")}};
  EXPECT_EQ(Run({"get", "rollouts", "api"}), kDone) << err;
  EXPECT_EQ(out,
            "WORKLOAD   ID   OUTCOME     FROM   TO    REVISION   AGE   TOOK   CAUSE\n"
            "api        2    Failed      1.1    1.2   4f2a9c1    5m    60s    image differs\n"
            "api        1    Succeeded   1.1    1.2   4f2a9c1    5m    60s    image differs\n");
  EXPECT_EQ(Run({"get", "rollouts", "-o", "name"}), kDone);
  EXPECT_EQ(out, "rollout/api-2\nrollout/api-1\nrollout/shop-1\n");
}

TEST_F(VerbsTest, FactsShowWhatNeitherGitNorTheEngineKnows) {
  AddShopAndApi();
  backend_.facts["api"].pin = Pin{.reference = "api:1.1", .version = "1.1", .base = "api:1.2"};
  backend_.facts["api"].failed = {{"r", "sha256:1", "exit code 3", "", SysTime{}}};
  EXPECT_EQ(Run({"get", "facts"}), kDone) << err;
  EXPECT_EQ(out,
            "NAME   PIN   GOOD   FAILED   SUPERSEDED   SUSPENDED   STOPPED   LAST FAILURE\n"
            "api    1.1   -      1        0            false       false     exit code 3\n");
}

TEST_F(VerbsTest, FactsAndDescribeShowWhichImagesAreToGo) {
  AddShopAndApi();
  const SupersededImage left{"api:1.0", "sha256:0", "not among the last 3 good releases", "container x is made from it",
                             SysTime{}};
  backend_.facts["api"].superseded = {left};
  backend_.facts["removed"].superseded = {left};
  EXPECT_EQ(Run({"get", "facts"}), kDone) << err;
  EXPECT_EQ(out,
            "NAME      PIN   GOOD   FAILED   SUPERSEDED   SUSPENDED   STOPPED   LAST FAILURE\n"
            "api       -     -      0        1            false       false\n"
            "removed   -     -      0        1            false       false\n");
  EXPECT_EQ(Run({"describe", "workload", "api"}), kDone);
  EXPECT_THAT(out, HasSubstr("Superseded images:\n  api:1.0: not among the last 3 good releases; stays, since "
                             "container x is made from it\n"));
}

TEST_F(VerbsTest, VersionNamesBothSides) {
  EXPECT_EQ(Run({"version"}), kDone);
  EXPECT_THAT(out, AllOf(StartsWith("tfctl       "), HasSubstr("tinyforged  0.1.0 (abcdef0)\n"),
                         HasSubstr("engine      not reached\n")));
  EXPECT_EQ(RunPlain({"version", "--client"}), kDone);
}

TEST_F(VerbsTest, ValidatePrintsEveryErrorAndASummary) {
  WriteFile(
      "good/a.yaml",
      "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: a}\nspec: {source: {image: {repository: r}}}\n");
  EXPECT_EQ(RunPlain({"validate", dir_ / "good"}), kDone);
  EXPECT_EQ(out, "1 object in 1 file, 0 errors\n");
  WriteFile("good/b.yaml",
            "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: b}\nspec: {source: {image: {repository: "
            "r}}, replicass: 2}\n");
  EXPECT_EQ(RunPlain({"validate", dir_ / "good"}), kFailed);
  EXPECT_THAT(out,
              AllOf(HasSubstr("good/b.yaml:4:"), HasSubstr("replicass"), HasSubstr("\n1 object in 1 file, 1 error\n")));
  EXPECT_EQ(RunPlain({"validate", dir_ / "nowhere"}), kFailed);
}

TEST_F(VerbsTest, ExplainAndCompletionNeedNoController) {
  EXPECT_EQ(RunPlain({"explain", "workload.spec.replicas"}), kDone);
  EXPECT_THAT(out, HasSubstr("replicas"));
  EXPECT_EQ(RunPlain({"explain", "workload.spec.nothing"}), kFailed);
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(RunPlain({"completion", shell}), kDone);
    EXPECT_THAT(out, HasSubstr("tfctl"));
  }
  EXPECT_EQ(RunPlain({"completion", "tcsh"}), kUsage);
}

TEST_F(VerbsTest, TheBashCompletionIsAScriptThatBashReads) {
  RunPlain({"completion", "bash"});
  WriteFile("completion.bash", out);
  EXPECT_EQ(std::system(("bash -n " + (dir_ / "completion.bash")).c_str()), 0);
}

}  // namespace
}  // namespace tinyforge::tfctl
