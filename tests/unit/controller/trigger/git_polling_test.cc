// Polls of git repositories as the trigger service takes them: what becomes a delivery, once, and what does not.
#include <functional>
#include <thread>

#include "tests/unit/controller/trigger/service_fixture.h"

namespace tinyforge {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kUrl = "https://git.example.com/acme/shop.git";
constexpr const char* kMain = "refs/heads/main";
const std::string kA(40, 'a');
const std::string kB(40, 'b');
const std::string kD(40, 'd');

class GitPollingTest : public TriggerServiceTest {
 protected:
  GitPollingTest() {
    for (const std::string& commit : {kA, kB, own_commit_, kD}) registry_.Push("shop", commit, Digest(commit[0]));
    remote_.Push(kUrl, kMain, kA);
    SetGit();
  }
  void SetGit(const std::string& git = "branches: [main], imageTag: GitSha", const std::string& repository = kUrl) {
    Set(Manifest("Trigger", "name: code", "git: {repository: \"" + repository + "\", pollInterval: 1s, " + git + "}") +
        ImageWorkload("shop") + Bound("b", "code", "shop"));
  }
  static bool Until(const std::function<bool()>& holds) {
    for (int i = 0; i < 20'000; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(1)))
      if (holds()) return true;
    return false;
  }
  // Lets time pass until a look that begins from now on has ended, and another one has begun. No further one is due.
  void PassLook() {
    for (const int end = remote_.calls() + 2; remote_.calls() < end;) {
      const int before = remote_.calls();
      clock_.Advance(seconds(1));
      ASSERT_TRUE(Until([&] {
        Judge("code");
        return remote_.calls() > before;
      }));
    }
  }
  void StartWithBaseline() {
    service_->Start();
    PassLook();
  }
  void Restart() {
    service_->Stop();
    Make();
    service_->OnRevision();
    service_->Start();
  }
  static Delivery Told(const std::string& commit) {
    return {.trigger = "code", .cause = "webhook", .events = {PushOf(kUrl, kMain, commit)}};
  }
  // What was delivered, "poll b" of commit b; newest first.
  std::vector<std::string> Delivered() {
    service_->Stop();  // all that is known is logged
    std::vector<std::string> delivered;
    for (const std::vector<Delivery> kept = *log_.Deliveries({}); const Delivery& delivery : kept)
      for (const InboundEvent& event : delivery.events) {
        const auto* push = std::get_if<GitPushed>(&event);
        delivered.push_back(delivery.cause + " " + (push ? push->commit.substr(0, 1) : "-"));
      }
    return delivered;
  }
  // Of what is logged; the id of the delivery that came last.
  std::string Newest() {
    std::vector<Delivery> kept;
    EXPECT_TRUE(Until([&] { return !(kept = *log_.Deliveries({})).empty(); }));
    return kept.empty() ? "" : kept.front().id;
  }
  std::string Tag() {
    const Facts facts = facts_.Of("shop");
    return facts.versions.empty() ? "" : facts.versions.back().version.tag;
  }
};

TEST_F(GitPollingTest, APushThatOnlyAPollFindsSetsTheVersion) {
  StartWithBaseline();
  EXPECT_EQ(Tag(), "");
  remote_.Push(kUrl, kMain, kB);
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kB; }));
  EXPECT_THAT(facts_.Of("shop").versions.back().why, HasSubstr("branch main of acme/shop was pushed"));
  PassLook();
  EXPECT_THAT(Delivered(), ElementsAre("poll b"));
}

TEST_F(GitPollingTest, WhatNobodyActsOnIsNoDelivery) {
  SetGit("imageTag: GitTag");
  StartWithBaseline();
  remote_.Push(kUrl, kMain, kB);
  PassLook();
  EXPECT_THAT(Delivered(), IsEmpty());
}

TEST_F(GitPollingTest, CommitsOfTheControllerAreNoNews) {
  StartWithBaseline();
  remote_.Push(kUrl, kMain, own_commit_);
  PassLook();
  PassLook();
  EXPECT_THAT(Delivered(), IsEmpty());
}

TEST_F(GitPollingTest, ManyThatMovedAtOnceAreAllDelivered) {
  SetGit("tags: \"*\", imageTag: GitSha");
  StartWithBaseline();
  for (int i = 0; i < 150; ++i) remote_.Push(kUrl, "refs/tags/v" + std::to_string(i), i == 149 ? kB : kA);
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kB; })) << "the highest counts";
  EXPECT_EQ(Delivered().size(), 150U);
}

TEST_F(GitPollingTest, WhoListensToWebhooksAloneIsToldOfNothingThatWasFound) {
  Set(Manifest("Trigger", "name: code",
               "git: {repository: \"" + std::string(kUrl) + "\", pollInterval: 1s, imageTag: GitSha}") +
      ImageWorkload("shop") + ImageWorkload("late") + Bound("b", "code", "shop") +
      Bound("c", "code", "late", "overrides: {pollInterval: 0s}"));
  StartWithBaseline();
  remote_.Push(kUrl, kMain, kB);
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kB; }));
  EXPECT_THAT(Delivered(), ElementsAre("poll b"));
  EXPECT_THAT(facts_.Of("late").versions, IsEmpty());
}

TEST_F(GitPollingTest, PathsAreTakenAsMet) {
  SetGit("branches: [main], imageTag: GitSha, paths: [site]");
  StartWithBaseline();
  remote_.Push(kUrl, kMain, kB);
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kB; }));
  EXPECT_THAT(facts_.Of("shop").versions.back().why, HasSubstr("the filter on paths was taken as met"));
}

// --- once ---

TEST_F(GitPollingTest, APushWhileNobodyLookedIsFoundOnceByTheNextProcess) {
  StartWithBaseline();
  service_->Stop();
  remote_.Push(kUrl, kMain, kB);
  Restart();
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kB; }));
  Restart();
  PassLook();
  EXPECT_THAT(Delivered(), ElementsAre("poll b"));
}

// As after a crash between the delivery and the note that it was made.
TEST_F(GitPollingTest, WhatAnEarlierProcessDeliveredIsNotDeliveredAgain) {
  StartWithBaseline();
  ref_ledger_.Fail(true);
  remote_.Push(kUrl, kMain, kB);
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kB; }));
  service_->Stop();
  ref_ledger_.Fail(false);
  ASSERT_EQ(ref_ledger_.seen().front().refs.at(kMain), kA);
  Restart();
  PassLook();
  EXPECT_EQ(ref_ledger_.seen().front().refs.at(kMain), kB);
  EXPECT_THAT(Delivered(), ElementsAre("poll b"));
}

TEST_F(GitPollingTest, WhatWasPutBackMeanwhileIsDeliveredAgain) {
  StartWithBaseline();
  service_->Stop();
  Delivery before = Told(kB);
  before.id = "0000000000000001";
  Delivery after = Told(kA);
  after.id = "0000000000000002";
  ASSERT_TRUE(log_.PutDeliveries({before, after}));
  remote_.Push(kUrl, kMain, kB);
  Restart();
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kB; }));
  EXPECT_THAT(Delivered(), ElementsAre("poll b", "webhook a", "webhook b"));
}

TEST_F(GitPollingTest, AWebhookThatCameFirstIsNotFoundAgain) {
  StartWithBaseline();
  service_->Accept(Told(kB));
  PassLook();
  remote_.Push(kUrl, kMain, kB);
  PassLook();
  EXPECT_THAT(Delivered(), ElementsAre("webhook b"));
}

// Else a crash in between would lose it: no look finds it again.
TEST_F(GitPollingTest, WhatAWebhookToldIsLoggedBeforeItIsNotedAsTaken) {
  StartWithBaseline();
  const Delivery told = service_->Accept(Told(kB));
  ASSERT_TRUE(Until([&] { return ref_ledger_.seen().front().refs.at(kMain) == kB; }));
  EXPECT_TRUE(*log_.FindDelivery(told.id));
}

TEST_F(GitPollingTest, AWebhookThatCameLateChangesNothing) {
  StartWithBaseline();
  remote_.Push(kUrl, kMain, kB);
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kB; }));
  const Delivery late = Final(service_->Accept(Told(kB)).id);
  EXPECT_EQ(Text(late), "b/shop no-match: a poll has found it already\n");
}

TEST_F(GitPollingTest, WhatAPollFoundAndFailedAtIsTriedAgainWhenItIsRedelivered) {
  StartWithBaseline();
  registry_.Fail("shop", Error{ErrorKind::Terminal, "401"});
  remote_.Push(kUrl, kMain, kB);
  PassLook();
  EXPECT_TRUE(Until([&] { return Text(*service_->desk().Find(Newest())).find("errored") != std::string::npos; }));
  registry_.Fail("shop", std::nullopt);
  EXPECT_TRUE(Until([&] { return Text(Final(service_->Accept(Told(kB)).id)).find("deployed") != std::string::npos; }));
  EXPECT_EQ(Tag(), kB);
}

TEST_F(GitPollingTest, WhatAVendorRepeatsPutsNoBranchBack) {
  StartWithBaseline();
  Delivery first = Told(kB);
  first.vendor_id = "7";
  service_->Accept(first);
  clock_.Advance(std::chrono::minutes(2));
  remote_.Push(kUrl, kMain, kD);
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kD; }));
  bool repeated = false;
  service_->Accept(first, &repeated);
  EXPECT_TRUE(repeated);
  clock_.Advance(std::chrono::minutes(2));
  PassLook();
  EXPECT_EQ(ref_ledger_.seen().front().refs.at(kMain), kD);
  EXPECT_THAT(Delivered(), ElementsAre("poll d", "webhook b"));
}

TEST_F(GitPollingTest, AReplayOfAnOlderPushIsNotTakenBackByTheNextLook) {
  StartWithBaseline();
  const Delivery first = service_->Accept(Told(kB));
  clock_.Advance(std::chrono::minutes(2));
  remote_.Push(kUrl, kMain, kD);
  PassLook();
  EXPECT_TRUE(Until([&] { return Tag() == kD; }));
  ASSERT_TRUE(service_->Replay(first.id));
  EXPECT_TRUE(Until([&] { return Tag() == kB; }));
  PassLook();
  EXPECT_THAT(Delivered(), ElementsAre("tfctl replay b", "poll d", "webhook b"));
}

// --- what is said ---

TEST_F(GitPollingTest, WhatCannotBePolledIsSaidAndWhatFailsIsACondition) {
  SetGit("branches: [main]", "acme/shop");
  const Finding noted = Judge("code");
  EXPECT_EQ(noted.ready, ConditionStatus::True);
  EXPECT_THAT(noted.message, AllOf(HasSubstr("1 bound workload; acme/shop is not polled"), HasSubstr("it is no URL")));
  EXPECT_FALSE(noted.requeue_after);
  SetGit();
  remote_.Fail(Error{ErrorKind::Waiting, "the credentials do not open it"});
  service_->Start();
  EXPECT_TRUE(Until([&] { return Judge("code").reason == "SourceUnavailable"; }));
  const Finding failed = Judge("code");
  EXPECT_EQ(failed.ready, ConditionStatus::False);
  EXPECT_FALSE(failed.stalled);
  EXPECT_EQ(failed.message, "the credentials do not open it");
  EXPECT_TRUE(failed.requeue_after);
}

TEST_F(GitPollingTest, FireTakesWhatTheRepositoryHasNow) {
  service_->Start();
  const Delivery fired = Final(service_->Fire("code")->id);
  EXPECT_EQ(Tag(), kA);
  EXPECT_THAT(facts_.Of("shop").versions.back().why,
              HasSubstr("it was fired: refs/heads/main of acme/shop is at aaaaaaaaaaaa"));
  EXPECT_EQ(fired.outcomes.front().result, DeliveryResult::Deployed);
}

TEST_F(GitPollingTest, FireSaysWhyItCannot) {
  SetGit("branches: [main], imageTag: GitSha", "acme/shop");
  service_->Start();
  EXPECT_THAT(Text(Final(service_->Fire("code")->id)),
              AllOf(HasSubstr("b/shop errored: "), HasSubstr("write its URL into git.repository")));
  SetGit("tags: \"v*\", imageTag: GitSha");
  EXPECT_THAT(Text(Final(service_->Fire("code")->id)), HasSubstr("no branch or tag that is watched"));
}

}  // namespace
}  // namespace tinyforge
