#include "controller/trigger/push_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/awaited.h"
#include "tests/fakes/fake_commit_reader.h"
#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

const std::string kOurs(40, 'a');
const std::string kTheirs(40, 'b');
const std::string kUnknown(40, 'c');

class PushGateTest : public ::testing::Test {
 protected:
  PushGateTest() {
    commits_.Set(kOurs, CommitOrigin::Tinyforge);
    commits_.Set(kTheirs, CommitOrigin::Others);
  }
  ~PushGateTest() override { gate_.Stop(); }

  static GitPushed PushOf(const std::string& commit) {
    return {.repository = "acme/config", .name = "main", .commit = commit, .before = kTheirs};
  }
  static HeldPush Of(const std::string& id, std::vector<InboundEvent> events, const std::string& trigger = "code") {
    return {.delivery = {.id = id, .trigger = trigger, .events = std::move(events)}, .asked = {}};
  }
  void Hold(const std::string& id, const GitPushed& push) { gate_.Hold(Of(id, {push})); }
  // What has passed: the id, and "own" where something was.
  bool AwaitPassed(std::size_t count) {
    return passed_.Until([&](const auto& passed) { return passed.size() == count; });
  }

  MovableClock clock_;
  FakeCommitReader commits_;
  Awaited<std::vector<std::string>> passed_;
  Awaited<std::vector<std::vector<InboundEvent>>> events_;
  Awaited<int> fetches_;
  PushGate gate_{commits_,
                 clock_,
                 {.pass =
                      [this](const HeldPush& held, bool own) {
                        if (held.delivery.id == "bad") throw std::runtime_error("it is bad");
                        events_.Do([&](auto& events) { events.push_back(held.delivery.events); });
                        passed_.Do([&](auto& passed) { passed.push_back(held.delivery.id + (own ? " own" : "")); });
                      },
                  .failed =
                      [this](const HeldPush& held, const std::string& why) {
                        passed_.Do([&](auto& passed) { passed.push_back(held.delivery.id + " failed: " + why); });
                      },
                  .fetch = [this] { fetches_.Do([](int& n) { ++n; }); }}};
};

TEST_F(PushGateTest, OfOursNothingIsLeft) {
  gate_.Hold(Of("1", {PushOf(kOurs), PushOf(kTheirs)}));
  gate_.Start();
  ASSERT_TRUE(AwaitPassed(1));
  EXPECT_THAT(passed_.Get(), ElementsAre("1 own"));
  EXPECT_THAT(events_.Get(), ElementsAre(ElementsAre(Ignored{"Tinyforge made these commits itself"}, PushOf(kTheirs))));
  EXPECT_EQ(commits_.asked().front().from, kTheirs);
  EXPECT_EQ(commits_.asked().front().branch, "main");
}

TEST_F(PushGateTest, WhoseIsNotKnownWaitsForTheFetchItAsksFor) {
  gate_.Start();
  Hold("1", PushOf(kUnknown));
  ASSERT_TRUE(fetches_.Until([](int n) { return n == 1; }));
  EXPECT_THAT(passed_.Get(), ElementsAre());
  commits_.Set(kUnknown, CommitOrigin::Tinyforge);
  gate_.Wake();
  ASSERT_TRUE(AwaitPassed(1));
  EXPECT_THAT(passed_.Get(), ElementsAre("1 own"));
  EXPECT_EQ(fetches_.Get(), 1);
}

TEST_F(PushGateTest, ItWaitsForHalfAMinuteAtMost) {
  gate_.Start();
  Hold("1", PushOf(kUnknown));
  ASSERT_TRUE(fetches_.Until([](int n) { return n == 1; }));
  clock_.Advance(seconds(31));
  ASSERT_TRUE(AwaitPassed(1));
  EXPECT_THAT(passed_.Get(), ElementsAre("1"));
}

TEST_F(PushGateTest, WhatComesForOneTriggerKeepsItsOrder) {
  Hold("1", PushOf(kUnknown));
  Hold("2", PushOf(kTheirs));
  gate_.Hold(Of("3", {PushOf(kTheirs)}, "another"));
  gate_.Start();
  ASSERT_TRUE(AwaitPassed(1));
  EXPECT_THAT(passed_.Get(), ElementsAre("3"));
  commits_.Set(kUnknown, CommitOrigin::Others);
  gate_.Wake();
  ASSERT_TRUE(AwaitPassed(3));
  EXPECT_THAT(passed_.Get(), ElementsAre("3", "1", "2"));
}

TEST_F(PushGateTest, OnlyWhatMayBeTheWatchedBranchWaits) {
  const auto passes = [&](GitPushed push) {
    const std::size_t before = passed_.Get().size();
    gate_.Hold(Of("x", {push}, "trigger " + std::to_string(before)));
    const bool passed = passed_.Until([&](const auto& all) { return all.size() > before || fetches_.Get() > 0; }) &&
                        fetches_.Get() == 0;
    return passed;
  };
  gate_.Start();
  EXPECT_TRUE(passes({.repository = "acme/shop", .name = "main", .commit = kUnknown}));
  EXPECT_TRUE(passes({.urls = {"https://git.example.com/other/config.git"}, .name = "main", .commit = kUnknown}));
  EXPECT_TRUE(passes({.repository = "acme/config", .name = "next", .commit = kUnknown}));
  EXPECT_TRUE(passes({.repository = "acme/config", .ref = GitPushed::Ref::Tag, .name = "main", .commit = kUnknown}));
  EXPECT_TRUE(passes({.repository = "acme/config", .name = "main"})) << "it names no commit";
}

TEST_F(PushGateTest, ItsRepositoryHasManyNames) {
  gate_.Start();
  gate_.Hold(
      Of("1", {GitPushed{.urls = {"ssh://git@10.0.0.1:2222/srv/Acme/Config"}, .name = "main", .commit = kUnknown}}));
  ASSERT_TRUE(fetches_.Until([](int n) { return n == 1; }));
  clock_.Advance(seconds(31));
  ASSERT_TRUE(AwaitPassed(1));
  gate_.Hold(Of("2", {GitPushed{.name = "main", .commit = kUnknown}}));
  ASSERT_TRUE(fetches_.Until([](int n) { return n == 2; }));
  EXPECT_THAT(passed_.Get(), ElementsAre("1")) << "one that the sender does not name may be any";
}

TEST_F(PushGateTest, OneThatNamesNoRepositoryIsToThatOfItsTrigger) {
  const auto hold = [&](const std::string& id, const std::string& repository) {
    const RouteTable table = ResolveRoutes(
        ParseManifests(Manifest("Trigger", "name: t", "git: {repository: " + repository + ", imageTag: GitSha}") +
                       ImageWorkload("shop") + Bound("b", "t", "shop")),
        "");
    HeldPush held = Of(id, {GitPushed{.name = "main", .commit = kUnknown}}, id);
    held.asked = {{table.by_trigger.at("t").front(), nullptr, 0}};
    gate_.Hold(std::move(held));
  };
  gate_.Start();
  hold("code", "acme/shop");
  ASSERT_TRUE(AwaitPassed(1));
  EXPECT_EQ(fetches_.Get(), 0);
  hold("config", "acme/config");
  ASSERT_TRUE(fetches_.Until([](int n) { return n == 1; }));
  EXPECT_THAT(passed_.Get(), ElementsAre("code"));
}

TEST_F(PushGateTest, OneThatTheControllerFailsAtHoldsUpNoOther) {
  Hold("bad", PushOf(kTheirs));
  Hold("1", PushOf(kTheirs));
  gate_.Start();
  ASSERT_TRUE(AwaitPassed(2));
  EXPECT_THAT(passed_.Get(), ElementsAre("bad failed: the controller failed: it is bad", "1"));
}

TEST_F(PushGateTest, ATagOnACommitOfOursIsAPersons) {
  gate_.Start();
  GitPushed tag = PushOf(kOurs);
  tag.ref = GitPushed::Ref::Tag;
  EXPECT_FALSE(gate_.IsOwn(tag));
  EXPECT_TRUE(gate_.IsOwn(PushOf(kOurs)));
  Hold("1", tag);
  ASSERT_TRUE(AwaitPassed(1));
  EXPECT_THAT(passed_.Get(), ElementsAre("1"));
}

TEST_F(PushGateTest, OfTooManyTheOldestPass) {
  for (int i = 0; i < 258; ++i) Hold(std::to_string(i), PushOf(kUnknown));
  gate_.Start();
  ASSERT_TRUE(AwaitPassed(2));
  ASSERT_TRUE(fetches_.Until([](int n) { return n == 1; }));
  EXPECT_THAT(passed_.Get(), ElementsAre("0", "1"));
}

TEST_F(PushGateTest, MuchThatComesAsksForFewFetches) {
  gate_.Start();
  for (int i = 0; i < 50; ++i) {
    gate_.Hold(Of(std::to_string(i), {PushOf(kUnknown)}, "trigger " + std::to_string(i)));
    gate_.Wake();
  }
  ASSERT_TRUE(fetches_.Until([](int n) { return n >= 1; }));
  commits_.Set(kUnknown, CommitOrigin::Others);
  ASSERT_TRUE(AwaitPassed(50));
  EXPECT_LE(fetches_.Get(), 2);
}

}  // namespace
}  // namespace tinyforge
