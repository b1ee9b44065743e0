#include "controller/trigger/write_back.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/workload/version_decision.h"
#include "tests/fakes/fake_logger.h"
#include "tests/fakes/fake_repo_writer.h"
#include "tests/fakes/fake_tree.h"
#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;
using Seen = FakeRepoWriter::Seen;

class WriteBackTest : public ::testing::Test {
 protected:
  WriteBackTest() { Make(); }

  void Make(Duration window = milliseconds(1), Duration pause = milliseconds(1)) {
    write_back_ = std::make_unique<WriteBack>(
        WriteBackPorts{config_, routes_, facts_, writer_, no_secrets_, clock_, logger_},
        WriteBackOptions{.window = window,
                         .pause = pause,
                         .read_only = [this] { return std::string(read_only_ ? "held by process 7" : ""); },
                         .on_written = [this] { written_.Do([](int& n) { ++n; }); },
                         .on_news =
                             [this](const ObjectKey& binding) {
                               news_.Do([&](std::vector<std::string>& n) { n.push_back(binding.name); });
                             }});
  }
  void Set(const std::string& manifests) { config_.Set(ParseManifests(manifests)); }
  // Workloads "shop" and "blog" under a policy that writes back.
  void SetPolicies(const std::string& tag = "1.4.2", const std::string& write_back = "mode: Commit") {
    std::string text = Manifest("Trigger", "name: auto", kPolicy);
    for (const char* name : {"blog", "shop"})
      text += ImageWorkload(name, "repository: shop, tag: \"" + tag + "\"") +
              Bound(std::string("b-") + name, "auto", name, "writeBack: {" + write_back + "}");
    Set(text);
  }
  void Accepted(const std::string& workload, const std::string& tag, const std::string& base = "shop:1.4.2") {
    facts_.Set(workload, [&](Facts& f) {
      AcceptVersion({.binding = "b-" + workload,
                     .version = {tag, Digest('5')},
                     .base = base,
                     .policy = true,
                     .why = "it is the newest",
                     .delivery = "d7"},
                    f);
      f.good = {{.reference = "shop@" + Digest('5'), .version = tag, .digest = Digest('5')}};
    });
    write_back_->Wake();
  }
  bool AwaitRequests(std::size_t count) {
    return writer_.seen.Until([&](const Seen& s) { return s.requests.size() >= count; });
  }
  WriteBackRequest Request(std::size_t i) { return writer_.seen.Get().requests.at(i); }
  std::optional<Condition> ConditionOf(const std::string& binding) {
    return write_back_->ConditionOf(*config_.Current()->objects->Find({Kind::Binding, binding}));
  }
  bool AwaitCondition(const std::string& binding, const std::string& reason) {
    return news_.Until([&](const auto&) {
      const auto condition = ConditionOf(binding);
      return condition ? condition->reason == reason : reason.empty();
    });
  }
  // Whether everything that was asked for until now has been seen to, without another request: the next workload's
  // write is the next request.
  void ExpectNextIs(const std::string& workload, std::size_t so_far) {
    Accepted(workload, "9.9.9");
    ASSERT_TRUE(AwaitRequests(so_far + 1));
    EXPECT_EQ(Request(so_far).edits.back().object.name, workload);
    EXPECT_EQ(Request(so_far).edits.back().to, "9.9.9");
  }

  RealClock clock_;
  FakeConfigReader config_;
  FakeSecrets no_secrets_;
  RouteBook routes_{"", no_secrets_};
  LockedFacts facts_;
  FakeRepoWriter writer_;
  FakeLogger logger_;
  std::atomic<bool> read_only_ = false;
  Awaited<int> written_;
  Awaited<std::vector<std::string>> news_;
  std::unique_ptr<WriteBack> write_back_;
};

// What turns out not to run is not written; what does is written when its status says so.
TEST_F(WriteBackTest, OnlyWhatHasRunWellIsWritten) {
  SetPolicies();
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ASSERT_TRUE(AwaitRequests(1));
  facts_.Set("blog", [&](Facts& f) {
    AcceptVersion({.binding = "b-blog", .version = {"1.6.0", Digest('6')}, .base = "shop:1.4.2", .policy = true}, f);
  });
  v1::Status status;
  status.conditions = {{.type = std::string(condition::kReady), .status = ConditionStatus::True}};
  status.resolved = v1::ResolvedSource{"1.6.0", Digest('6'), "binding/b-blog"};
  write_back_->OnStatus("shop", status);  // another one's: it is looked at, and nothing of blog is written
  ASSERT_TRUE(AwaitRequests(2));
  for (const VersionEdit& edit : Request(1).edits) EXPECT_NE(edit.object.name, "blog");
  facts_.Set("blog", [&](Facts& f) { f.good = {{.reference = "shop@" + Digest('6'), .digest = Digest('6')}}; });
  write_back_->OnStatus("blog", status);
  ASSERT_TRUE(AwaitRequests(3));
  EXPECT_EQ(Request(2).edits.front().object.name, "blog");
}

TEST_F(WriteBackTest, WhatAPolicySetBecomesAnEditOfThatScalar) {
  SetPolicies();
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ASSERT_TRUE(AwaitRequests(1));
  const WriteBackRequest request = Request(0);
  ASSERT_THAT(request.edits, SizeIs(1));
  EXPECT_EQ(request.edits[0].object, (ObjectKey{Kind::Workload, "shop"}));
  EXPECT_EQ(request.edits[0].path, "all.yaml");
  EXPECT_THAT(request.edits[0].field, ElementsAre("spec", "source", "image", "tag"));
  EXPECT_EQ(request.edits[0].from, "1.4.2");
  EXPECT_EQ(request.edits[0].to, "1.5.0");
  EXPECT_EQ(request.branch, "");
  EXPECT_EQ(request.message, "shop: 1.4.2 -> 1.5.0\n\ntrigger auto, binding b-shop, delivery d7\n");
  EXPECT_TRUE(written_.Until([](int n) { return n == 1; }));
  EXPECT_TRUE(AwaitCondition("b-shop", "Committed"));
}

TEST_F(WriteBackTest, WhatIsAcceptedWithinTheWindowIsOneCommit) {
  Make(milliseconds(100));
  SetPolicies();
  Accepted("shop", "1.5.0");
  Accepted("blog", "1.6.0");
  write_back_->Start();
  ASSERT_TRUE(AwaitRequests(1));
  EXPECT_THAT(Request(0).edits, SizeIs(2));
  EXPECT_THAT(Request(0).message, AllOf(HasSubstr("Update 2 workloads\n\n"), HasSubstr("blog: 1.4.2 -> 1.6.0 (trigger"),
                                        HasSubstr("shop: 1.4.2 -> 1.5.0 (trigger")));
}

TEST_F(WriteBackTest, WhatTheManifestSaysByNowIsNotWritten) {
  SetPolicies("1.5.0");
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ExpectNextIs("blog", 0);
}

TEST_F(WriteBackTest, WithoutWriteBackOrWhileSuspendedNothingIsWritten) {
  SetPolicies("1.4.2", "mode: None");
  Accepted("shop", "1.5.0");
  SetPolicies();
  facts_.Set("shop", [](Facts& f) { f.suspended = true; });
  write_back_->Start();
  write_back_->Wake();
  ExpectNextIs("blog", 0);
  EXPECT_THAT(Request(0).edits, SizeIs(1));
}

TEST_F(WriteBackTest, AWorkloadThatItsManifestSuspendsIsNotWritten) {
  Set(Manifest("Trigger", "name: auto", kPolicy) +
      ImageWorkload("shop", "repository: shop, tag: \"1.4.2\"", "suspend: true") + ImageWorkload("blog") +
      Bound("b-shop", "auto", "shop", "writeBack: {mode: Commit}") +
      Bound("b-blog", "auto", "blog", "writeBack: {mode: Commit}"));
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ExpectNextIs("blog", 0);
  EXPECT_THAT(Request(0).edits, SizeIs(1));
}

TEST_F(WriteBackTest, AManifestByDigestGetsADigest) {
  Set(Manifest("Trigger", "name: auto", kPolicy) + ImageWorkload("shop", "repository: shop, digest: " + Digest('4')) +
      Bound("b-shop", "auto", "shop", "writeBack: {mode: Commit}"));
  write_back_->Start();
  Accepted("shop", "1.5.0", "shop@" + Digest('4'));
  ASSERT_TRUE(AwaitRequests(1));
  EXPECT_THAT(Request(0).edits[0].field, ElementsAre("spec", "source", "image", "digest"));
  EXPECT_EQ(Request(0).edits[0].to, Digest('5'));
}

TEST_F(WriteBackTest, WhatWasLeftOutOnAReviewBranchIsProposedAgain) {
  SetPolicies("1.4.2", "mode: Commit, branch: updates");
  writer_.seen.Do([](Seen& s) { s.dropped = {"workload/shop: somebody changed all.yaml since"}; });
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-shop", "Dropped"));
  EXPECT_TRUE(written_.Until([](int n) { return n == 1; })) << "what is there now is fetched";
  writer_.seen.Do([](Seen& s) { s.dropped.clear(); });
  write_back_->Wake();
  EXPECT_TRUE(AwaitCondition("b-shop", "Proposed"));
}

TEST_F(WriteBackTest, ARollbackOverAPolicyIsWrittenToo) {
  SetPolicies();
  facts_.Set("shop", [](Facts& f) {
    f.pin = Pin{"shop@" + Digest('3'), "1.3.0", "shop:1.4.2", {}};
    f.good = {{.reference = "shop@" + Digest('3'), .version = "1.3.0", .digest = Digest('3')}};
  });
  write_back_->Start();
  write_back_->Wake();
  ASSERT_TRUE(AwaitRequests(1));
  EXPECT_EQ(Request(0).edits[0].to, "1.3.0");
  EXPECT_THAT(Request(0).message, HasSubstr("rolled back by a person"));
}

TEST_F(WriteBackTest, AFailureIsSaidAtTheBindingAndTriedAgainUntilItGoesWell) {
  SetPolicies();
  writer_.seen.Do([](Seen& s) { s.refusal = Error{ErrorKind::Waiting, "the credentials may not write"}; });
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-shop", "WriteBackFailed"));
  const Condition failed = *ConditionOf("b-shop");
  EXPECT_EQ(failed.status, ConditionStatus::False);
  EXPECT_EQ(failed.message, "the credentials may not write; what was set runs all the same");
  EXPECT_FALSE(ConditionOf("b-blog"));
  ASSERT_TRUE(AwaitRequests(3));
  writer_.seen.Do([](Seen& s) { s.refusal.reset(); });
  EXPECT_TRUE(AwaitCondition("b-shop", "Committed"));
}

TEST_F(WriteBackTest, NoWakeUpPressesARepositoryThatRefuses) {
  Make(milliseconds(1), std::chrono::hours(1));
  SetPolicies();
  writer_.seen.Do([](Seen& s) { s.refusal = Error{ErrorKind::Waiting, "no"}; });
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-shop", "WriteBackFailed"));
  for (int i = 0; i < 100; ++i) write_back_->Wake();
  write_back_->Stop();
  EXPECT_THAT(writer_.seen.Get().requests, SizeIs(1));
}

TEST_F(WriteBackTest, AFailureEndsAlsoWhenSomebodyElseWritesIt) {
  SetPolicies();
  writer_.seen.Do([](Seen& s) { s.refusal = Error{ErrorKind::Waiting, "no"}; });
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-shop", "WriteBackFailed"));
  SetPolicies("1.5.0");
  EXPECT_TRUE(AwaitCondition("b-shop", ""));
}

TEST_F(WriteBackTest, AReviewBranchIsWrittenOnceUntilThereIsSomethingElse) {
  SetPolicies("1.4.2", "mode: Commit, branch: updates");
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-shop", "Proposed"));
  EXPECT_EQ(Request(0).branch, "updates");
  for (int i = 0; i < 10; ++i) write_back_->Wake();
  Accepted("shop", "1.6.0");
  ASSERT_TRUE(AwaitRequests(2));
  EXPECT_EQ(Request(1).edits[0].to, "1.6.0");
  EXPECT_EQ(written_.Get(), 0);  // the watched branch has nothing new
}

TEST_F(WriteBackTest, WhatWasLeftOutIsSaid) {
  SetPolicies();
  writer_.seen.Do([](Seen& s) { s.dropped = {"workload/shop: all.yaml:3:1: says 1.4.3 by now"}; });
  write_back_->Start();
  Accepted("shop", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-shop", "Dropped"));
  EXPECT_THAT(ConditionOf("b-shop")->message, HasSubstr("left out: workload/shop: all.yaml:3:1"));
}

// A workload with the services web and api.
class ServiceWriteBackTest : public WriteBackTest {
 protected:
  void SetProject(const std::string& compose, const std::string& write_back = "writeBack: {mode: Commit}",
                  const Revision& revision = "c0ffee") {
    auto tree = std::make_shared<FakeTree>();
    tree->id = revision;
    tree->files["compose.yaml"] = compose;
    tree->files[".env"] = "TAG=1.4.2\n";
    std::string text = Manifest("Trigger", "name: auto", kPolicy) +
                       Manifest("Workload", "name: shop", "source: {compose: {file: compose.yaml}}") +
                       ImageWorkload("blog") + Bound("b-blog", "auto", "blog", "writeBack: {mode: Commit}");
    for (const std::string service : {"api", "web"})
      text += Bound("b-" + service, "auto", "shop", "service: " + service + ", " + write_back);
    tree->files["all.yaml"] = text;
    config_.Set(ParseManifests(text), tree);
  }
  // What the binding of a service found is accepted, and ran well; its status says so.
  void Ran(const std::string& service, const std::string& tag, const std::string& base = "shop:1.4.2") {
    facts_.Set("shop." + service, [&](Facts& f) {
      AcceptVersion({.binding = "b-" + service, .version = {tag, Digest('5')}, .base = base, .policy = true}, f);
      f.good = {{.reference = "shop@" + Digest('5'), .version = tag, .digest = Digest('5')}};
    });
    v1::Status status;
    status.services = {{.name = "db", .resolved = {"16", "", "manifest"}, .ready = true},
                       {.name = service, .resolved = {tag, Digest('5'), "binding/b-" + service}, .ready = true}};
    write_back_->OnStatus("shop", status);
  }
};

TEST_F(ServiceWriteBackTest, TheLineThatSaysTheVersionIsEdited) {
  SetProject("services:\n  web: {image: 'shop:1.4.2'} # x\n  api:\n    image: shop:1.4.2\n");
  write_back_->Start();
  Ran("web", "1.5.0");
  ASSERT_TRUE(AwaitRequests(1));
  const WriteBackRequest request = Request(0);
  ASSERT_THAT(request.edits, SizeIs(1));
  EXPECT_EQ(request.edits[0].path, "compose.yaml");
  EXPECT_EQ(request.edits[0].from, "shop:1.4.2");
  EXPECT_EQ(request.edits[0].to, "shop:1.5.0");
  EXPECT_EQ(request.edits[0].on_line, (codec::LinePlace{2, "  web: {image: '", "'} # x"}));
  EXPECT_EQ(request.message, "shop/web: 1.4.2 -> 1.5.0\n\ntrigger auto, binding b-web\n");
  EXPECT_TRUE(AwaitCondition("b-web", "Committed"));
  EXPECT_FALSE(ConditionOf("b-api"));
}

TEST_F(ServiceWriteBackTest, TheEditHoldsForTheFilesAsTheyWere) {
  SetProject("services: {web: {image: 'shop:1.4.2'}, api: {image: postgres}}\n");
  write_back_->Start();
  Ran("web", "1.5.0");
  ASSERT_TRUE(AwaitRequests(1));
  const auto basis = Request(0).edits.at(0).basis;
  ASSERT_TRUE(basis);
  EXPECT_EQ(basis->revision, "c0ffee");
  EXPECT_THAT(basis->paths, IsSupersetOf({"all.yaml", "compose.yaml", ".env"}));
}

TEST_F(ServiceWriteBackTest, AReviewBranchIsWrittenOnceWhateverElseIsCommitted) {
  const std::string compose = "services: {web: {image: 'shop:1.4.2'}, api: {image: postgres}}\n";
  SetProject(compose, "writeBack: {mode: Commit, branch: updates}");
  write_back_->Start();
  Ran("web", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-web", "Proposed"));
  SetProject(compose, "writeBack: {mode: Commit, branch: updates}", "beef");
  write_back_->Wake();
  ExpectNextIs("blog", 1);
}

TEST_F(ServiceWriteBackTest, WhatWouldReplaceMoreIsNotWritten) {
  SetProject("services: {web: {image: 'shop:$TAG'}, api: {image: postgres, env_file: .env}}\n");
  write_back_->Start();
  Ran("web", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-web", "NoPlace"));
  EXPECT_THAT(ConditionOf("b-web")->message, HasSubstr("api would be replaced"));
}

TEST_F(ServiceWriteBackTest, ATagDoesNotStayWithTheDigestOfAnother) {
  SetProject("services: {web: {image: 'shop:1.4.2@" + Digest('4') + "'}, api: {image: postgres}}\n");
  write_back_->Start();
  Ran("web", "", "shop:1.4.2@" + Digest('4'));
  ASSERT_TRUE(AwaitRequests(1));
  EXPECT_EQ(Request(0).edits.at(0).to, "shop@" + Digest('5'));
}

TEST_F(ServiceWriteBackTest, WhatServicesShareIsWrittenOnceAllOfThemMoved) {
  SetProject("services:\n  web: &app\n    image: shop:1.4.2\n  api: *app\n");
  write_back_->Start();
  Ran("web", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-web", "NoPlace"));
  EXPECT_EQ(ConditionOf("b-web")->status, ConditionStatus::False);
  EXPECT_THAT(ConditionOf("b-web")->message, AllOf(HasSubstr("compose.yaml:3:12: "), HasSubstr("for api too"),
                                                   HasSubstr("what was set runs all the same")));
  Ran("api", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-web", "Committed"));
  EXPECT_TRUE(AwaitCondition("b-api", "Committed"));
  ASSERT_THAT(Request(0).edits, SizeIs(2));
  EXPECT_EQ(Request(0).edits[0].on_line, Request(0).edits[1].on_line);
}

TEST_F(ServiceWriteBackTest, WhatCannotBeWrittenKeepsNothingElseFromIt) {
  SetProject("services:\n  web: &app\n    image: shop:1.4.2\n  api: *app\n");
  write_back_->Start();
  Ran("web", "1.5.0");
  ASSERT_TRUE(AwaitCondition("b-web", "NoPlace"));
  ExpectNextIs("blog", 0);
}

TEST_F(WriteBackTest, WhileNothingMayBeChangedNothingIsWrittenAndThenItIs) {
  SetPolicies();
  read_only_ = true;
  write_back_->Start();
  Accepted("shop", "1.5.0");
  read_only_ = false;  // nobody tells of it
  EXPECT_TRUE(AwaitRequests(1));
}

TEST_F(WriteBackTest, AfterARestartWhatWasNotWrittenIs) {
  SetPolicies();
  Accepted("shop", "1.5.0");
  Make();
  write_back_->Start();
  write_back_->Wake();  // the revision came into force
  EXPECT_TRUE(AwaitRequests(1));
}

}  // namespace
}  // namespace tinyforge
