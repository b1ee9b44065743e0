#include "controller/trigger/git_poll.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "controller/trigger/refs_memo.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_logger.h"
#include "tests/fakes/fake_remote_refs.h"
#include "tests/unit/reconcilers/trigger/trigger_manifests.h"

namespace tinyforge {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kUrl = "https://git.example.com/acme/shop.git";
constexpr const char* kOther = "https://git.example.com/acme/other.git";
constexpr const char* kMain = "refs/heads/main";

std::string Commit(char c) {
  return std::string(40, c);
}

class GitPollTest : public ::testing::Test {
 protected:
  GitPollTest() {
    remote_.Push(kUrl, kMain, Commit('a'));
    SetTrigger();
    Start();
  }
  void Start() {
    poll_.reset();
    poll_ = std::make_unique<GitPoll>(
        GitPoll::Ports{remote_, ledger_, clock_, logger_},
        GitPoll::Hooks{.on_moved = [this](const std::string& of, RefBook::Moves m) { return OnMoved(of, m); },
                       .on_news =
                           [this](const std::string& of) {
                             const std::lock_guard lock(mutex_);
                             news_.push_back(of);
                           }});
    poll_->Start();
  }
  bool OnMoved(const std::string& trigger, const RefBook::Moves& moves) {
    const std::lock_guard lock(mutex_);
    if (refuses_) return false;
    for (const GitPushed& push : moves.pushes) moved_.push_back(trigger + " " + push.name + " " + push.commit[0]);
    return true;
  }
  void SetTrigger(const std::string& git = "branches: [main]", const std::string& binding = "") {
    table_ = ResolveRoutes(
        ParseManifests(Manifest("Trigger", "name: t", "git: {repository: \"" + std::string(kUrl) + "\", " + git + "}") +
                       Manifest("Workload", "name: a", "source: {image: {repository: shop}}") +
                       Manifest("Workload", "name: b", "source: {image: {repository: shop}}") +
                       Manifest("Binding", "name: a", "trigger: t, workload: a") +
                       Manifest("Binding", "name: b", "trigger: t, workload: b" + binding)),
        "");
  }
  GitPoll::Report Look() { return poll_->Look("t", table_.by_trigger["t"]); }
  bool Until(const std::function<bool()>& holds) const {
    for (int i = 0; i < 20'000; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(1)))
      if (holds()) return true;
    return false;
  }
  // Lets time pass until a look that begins from now on has ended.
  void PassLook() {
    const int before = remote_.calls();
    EXPECT_TRUE(Until([&] {
      clock_.Advance(minutes(5));
      Look();
      return remote_.calls() >= before + 2;
    }));
  }
  std::vector<std::string> Moved() {
    const std::lock_guard lock(mutex_);
    return std::exchange(moved_, {});
  }
  std::vector<std::string> News() {
    const std::lock_guard lock(mutex_);
    return news_;
  }
  void Refuse(bool refuses) {
    const std::lock_guard lock(mutex_);
    refuses_ = refuses;
  }

  FakeClock clock_;
  FakeRemoteRefs remote_;
  FakeRefLedger ledger_;
  FakeLogger logger_;
  RouteTable table_;
  std::mutex mutex_;
  std::vector<std::string> moved_;
  std::vector<std::string> news_;
  bool refuses_ = false;
  std::unique_ptr<GitPoll> poll_;
};

TEST_F(GitPollTest, WhatMovesAfterTheFirstLookIsTold) {
  PassLook();
  EXPECT_THAT(Moved(), IsEmpty());
  remote_.Push(kUrl, kMain, Commit('b'));
  remote_.Push(kUrl, "refs/heads/dev", Commit('b'));
  PassLook();
  PassLook();
  EXPECT_THAT(Moved(), ElementsAre("t main b"));
}

TEST_F(GitPollTest, LooksBeginAtOnceAndThenAtTheirInterval) {
  EXPECT_EQ(Look().again, Duration(minutes(5)));
  ASSERT_TRUE(Until([&] { return ledger_.saves() == 1; }));
  clock_.Advance(minutes(4));
  EXPECT_EQ(Look().again, Duration(minutes(1)));
  EXPECT_EQ(remote_.calls(), 1);
}

TEST_F(GitPollTest, WhatMovedWhileNobodyLookedIsFoundAtTheNextStart) {
  PassLook();
  ASSERT_TRUE(Until([&] { return ledger_.saves() == 1; }));
  poll_.reset();
  remote_.Push(kUrl, kMain, Commit('b'));
  Start();
  PassLook();
  EXPECT_THAT(Moved(), ElementsAre("t main b"));
  Start();
  PassLook();
  EXPECT_THAT(Moved(), IsEmpty());
}

TEST_F(GitPollTest, WhatCouldNotBeTakenInIsToldAgain) {
  PassLook();
  Refuse(true);
  remote_.Push(kUrl, kMain, Commit('b'));
  PassLook();
  Refuse(false);
  PassLook();
  EXPECT_THAT(Moved(), ElementsAre("t main b"));
}

TEST_F(GitPollTest, BindingsWatchTogetherEachRepositoryByItself) {
  SetTrigger("branches: [main]", ", overrides: {branches: [dev], pollInterval: 1m}");
  EXPECT_EQ(Look().again, Duration(minutes(1)));
  ASSERT_TRUE(Until([&] { return ledger_.saves() == 1; }));
  EXPECT_THAT(ledger_.seen().front().patterns, ElementsAre("refs/heads/dev", "refs/heads/main"));
  SetTrigger("branches: [main]", ", overrides: {repository: \"" + std::string(kOther) + "\"}");
  remote_.Push(kOther, kMain, Commit('x'));
  clock_.Advance(minutes(5));
  Look();
  ASSERT_TRUE(Until([&] { return ledger_.seen().size() == 2; }));
  EXPECT_EQ(ledger_.seen()[0].url, kOther);
  EXPECT_EQ(ledger_.seen()[1].url, kUrl);
}

TEST_F(GitPollTest, AnIntervalOfZeroMeansWebhooksOnly) {
  SetTrigger("pollInterval: 0");
  EXPECT_FALSE(Look().again);
  EXPECT_EQ(Look().note, "");
  EXPECT_EQ(remote_.calls(), 0);
}

TEST_F(GitPollTest, WhatIsNoUrlIsANoteAndNoProblem) {
  SetTrigger("branches: [main]", ", overrides: {repository: acme/other}");
  const GitPoll::Report report = Look();
  EXPECT_EQ(report.note, "acme/other is not polled, only webhooks tell of its pushes: it is no URL");
  EXPECT_EQ(report.problem, "");
  EXPECT_EQ(report.again, Duration(minutes(5))) << "the other binding's";
}

TEST_F(GitPollTest, AFailureIsReportedOnceAndAskedLessAndLessOften) {
  remote_.Fail(Error{ErrorKind::Waiting, "the credentials do not open it"});
  Look();
  ASSERT_TRUE(Until([&] { return News().size() == 1; }));
  EXPECT_EQ(Look().problem, "the credentials do not open it");
  for (const Duration pause : {Duration(minutes(5)), Duration(minutes(10)), Duration(minutes(10))}) {
    ASSERT_TRUE(Until([&] { return Look().again == pause; })) << pause.count();
    clock_.Advance(pause);
    const int before = remote_.calls();
    Look();
    ASSERT_TRUE(Until([&] { return remote_.calls() == before + 1; }));
  }
  EXPECT_THAT(News(), ElementsAre("t"));
  remote_.Fail(std::nullopt);
  ASSERT_TRUE(Until([&] {
    clock_.Advance(minutes(10));
    return Look().problem.empty();
  }));
  EXPECT_THAT(News(), ElementsAre("t", "t"));
}

TEST_F(GitPollTest, TooManyRefsAreAProblemAndNotAPart) {
  for (int i = 0; i <= 1000; ++i) remote_.Push(kUrl, "refs/tags/v" + std::to_string(i), Commit('a'));
  SetTrigger("tags: \"*\"");
  Look();
  ASSERT_TRUE(Until([&] { return !Look().problem.empty(); }));
  EXPECT_THAT(Look().problem, HasSubstr("has 1001 branches and tags that are watched; at most 1000"));
  EXPECT_THAT(ledger_.seen(), IsEmpty());
}

TEST_F(GitPollTest, AServerThatHangsDelaysNoOtherAndNoStop) {
  remote_.Hang(kOther);
  SetTrigger("branches: [main]", ", overrides: {repository: \"" + std::string(kOther) + "\"}");
  Look();
  EXPECT_TRUE(Until([&] { return ledger_.seen().size() == 1; }));
  poll_.reset();
}

TEST_F(GitPollTest, ATriggerThatIsGoneIsForgotten) {
  PassLook();
  table_.by_trigger.clear();
  poll_->Keep(table_);
  remote_.Push(kUrl, kMain, Commit('b'));
  SetTrigger();
  PassLook();
  EXPECT_THAT(Moved(), IsEmpty());
}

TEST_F(GitPollTest, WhatAWebhookToldIsNotFoundAndIsSaved) {
  Look();
  ASSERT_TRUE(Until([&] { return ledger_.saves() == 1; }));
  EXPECT_TRUE(poll_->Hear("t", PushOf(kUrl, kMain, Commit('b'))));
  EXPECT_TRUE(Until([&] { return ledger_.saves() == 2; })) << "without waiting for the next look";
  remote_.Push(kUrl, kMain, Commit('b'));
  PassLook();
  EXPECT_THAT(Moved(), IsEmpty());
}

TEST(RefsMemo, AsksOnceForManyAndAnewForWhoComesLater) {
  FakeClock clock;
  FakeRemoteRefs remote;
  remote.Push(kUrl, kMain, Commit('a'));
  RefsMemo memo(remote, clock);
  const SteadyTime first = clock.Now();
  for (int i = 0; i < 3; ++i) EXPECT_EQ((*memo.List(kUrl, first, {}))->refs.at(kMain), Commit('a'));
  EXPECT_EQ(remote.calls(), 1);
  clock.Advance(seconds(1));
  remote.Push(kUrl, kMain, Commit('b'));
  EXPECT_EQ((*memo.List(kUrl, clock.Now(), {}))->refs.at(kMain), Commit('b'));
  EXPECT_EQ(remote.calls(), 2);
}

TEST(RefsMemo, AFailureIsNotRemembered) {
  FakeClock clock;
  FakeRemoteRefs remote;
  RefsMemo memo(remote, clock);
  remote.Fail(Error{ErrorKind::Transient, "down"});
  EXPECT_FALSE(memo.List(kUrl, clock.Now(), {}));
  remote.Fail(std::nullopt);
  EXPECT_TRUE(memo.List(kUrl, clock.Now(), {}));
  EXPECT_EQ(memo.List("acme/shop", clock.Now(), {}).error().message, "acme/shop: it is no URL");
}

}  // namespace
}  // namespace tinyforge
