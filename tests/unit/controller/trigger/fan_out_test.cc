#include "controller/trigger/fan_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>

#include "tests/fakes/awaited.h"
#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string ManyWorkloads(int count) {
  std::string text = Manifest("Trigger", "name: push", "manual: {}");
  for (int i = 0; i < count; ++i) {
    const std::string name = "w" + std::to_string(i);
    text += ImageWorkload(name) + Bound("b-" + name, "push", name);
  }
  return text;
}

RouteTable TableOf(const std::string& manifests) {
  return ResolveRoutes(ParseManifests(manifests), "");
}

std::shared_ptr<const DeploymentIntent> Intent(const std::string& reason) {
  return std::make_shared<const DeploymentIntent>(DeploymentIntent{.reason = reason});
}

struct Seen {
  std::vector<std::string> begun;  // workloads
  std::vector<Job> runs;
  std::map<std::string, DeliveryResult> results;  // of the last run, by workload
  std::map<std::string, std::string> messages;    // likewise
  std::vector<Ticket> answered;                   // with a result that is final
  std::vector<Ticket> superseded;
  std::set<std::string> held;  // workloads whose runs wait
};

class FanOutTest : public ::testing::Test {
 protected:
  ~FanOutTest() override { Release(); }

  void Start(unsigned threads = 2) {
    fan_out_ =
        std::make_unique<FanOut>(clock_,
                                 FanOut::Hooks{.run = [this](const Job& j, std::stop_token s) { return Run(j, s); },
                                               .done = [this](const Job& j, const JobResult& r) { Done(j, r); },
                                               .superseded =
                                                   [this](const std::vector<Ticket>& t, const std::string&) {
                                                     seen_.Do([&](Seen& seen) {
                                                       for (const Ticket& one : t) seen.superseded.push_back(one);
                                                     });
                                                   },
                                               .registry = registry_},
                                 threads);
    fan_out_->Start();
  }
  void Hold(const std::string& workload) {
    seen_.Do([&](Seen& s) { s.held.insert(workload); });
  }
  void Release() {
    seen_.Do([](Seen& s) { s.held.clear(); });
  }
  Job JobOf(const Route& route, const std::string& delivery = "", std::size_t ticket = 0) {
    Job job{.route = route, .delivery = delivery, .since = clock_.Now()};
    if (!delivery.empty()) job.tickets = {{delivery, ticket}};
    return job;
  }
  const Route& RouteOf(int i) { return table_.by_trigger.at("push").at(static_cast<std::size_t>(i)); }
  bool AwaitBegun(std::size_t count) {
    return seen_.Until([&](const Seen& s) { return s.begun.size() >= count; });
  }
  bool AwaitAnswers(std::size_t count) {
    return seen_.Until([&](const Seen& s) { return s.answered.size() + s.superseded.size() >= count; });
  }

  JobResult Run(const Job& job, std::stop_token) {
    const std::string& name = job.route.workload->key.name;
    seen_.Do([&](Seen& s) { s.begun.push_back(name), s.runs.push_back(job); });
    EXPECT_TRUE(seen_.Until([&](const Seen& s) { return !s.held.contains(name); }));
    return run_ ? run_(job) : JobResult{DeliveryResult::Deployed, "done", {}};
  }
  void Done(const Job& job, const JobResult& result) {
    seen_.Do([&](Seen& s) {
      s.results[job.route.workload->key.name] = result.result;
      s.messages[job.route.workload->key.name] = result.message;
      if (IsFinal(result.result)) s.answered.insert(s.answered.end(), job.tickets.begin(), job.tickets.end());
    });
  }

  RealClock clock_;
  RouteTable table_ = TableOf(ManyWorkloads(3));
  Awaited<Seen> seen_;
  std::function<JobResult(const Job&)> run_;
  std::function<std::string(const Route&)> registry_;
  std::unique_ptr<FanOut> fan_out_;
};

TEST_F(FanOutTest, ManyDeliveriesWhileOneIsUnderWayAreOneMoreRunAndEachIsAnswered) {
  Start();
  Hold("w0");
  fan_out_->Add(JobOf(RouteOf(0), "first"));
  ASSERT_TRUE(AwaitBegun(1));
  for (std::size_t i = 0; i < 10'000; ++i) {
    fan_out_->Add(JobOf(RouteOf(0), "later", i));
    ASSERT_LE(fan_out_->Depth(), 1u);
  }
  Release();
  ASSERT_TRUE(AwaitAnswers(10'001));
  const Seen seen = seen_.Get();
  EXPECT_THAT(seen.runs, SizeIs(2));
  EXPECT_LE(seen.runs.back().tickets.size(), 16u);
  EXPECT_EQ(seen.runs.back().tickets.back().outcome, 9'999u);  // the newest is among those that are answered for
  std::set<std::pair<std::string, std::size_t>> tickets;
  for (const auto& all : {seen.answered, seen.superseded})
    for (const Ticket& ticket : all) EXPECT_TRUE(tickets.emplace(ticket.delivery, ticket.outcome).second);
}

TEST_F(FanOutTest, WhatADeliveryAsksOfManyIsAddedAsOneAfterTheOther) {
  Start();
  Hold("w0");
  fan_out_->Add(JobOf(RouteOf(0), "first"));
  ASSERT_TRUE(AwaitBegun(1));
  for (std::size_t i = 0; i < 100; ++i) {
    const auto intent = Intent(std::to_string(i));
    fan_out_->Add("d" + std::to_string(100 + i), std::vector<Asked>{{RouteOf(0), intent, 0}, {RouteOf(1), intent, 1}});
  }
  Release();
  ASSERT_TRUE(AwaitAnswers(201));
  const Seen seen = seen_.Get();
  EXPECT_THAT(seen.results, SizeIs(2));
  EXPECT_EQ(seen.runs.back().delivery, "d199");
  EXPECT_EQ(seen.runs.back().intent.reason, "99");
  EXPECT_EQ(seen.runs.back().queued, seen.runs.back().route.image);
}

TEST_F(FanOutTest, TheOldestOfTooManyAreSupersededAndSixteenWait) {
  Start();
  Hold("w0");
  fan_out_->Add(JobOf(RouteOf(0), "d100"));
  ASSERT_TRUE(AwaitBegun(1));
  const auto intent = Intent("a push");
  for (std::size_t i = 1; i <= 40; ++i) {
    const std::string by = "d" + std::to_string(100 + i);
    if (i % 10 == 0)
      fan_out_->Add(JobOf(RouteOf(0), by, i));
    else
      fan_out_->Add(by, std::vector<Asked>{{RouteOf(0), intent, i}});
  }
  std::vector<std::size_t> superseded;
  for (const Ticket& ticket : seen_.Get().superseded) superseded.push_back(ticket.outcome);
  std::vector<std::size_t> oldest(24);
  std::iota(oldest.begin(), oldest.end(), 1U);
  EXPECT_EQ(superseded, oldest);
  Release();
  ASSERT_TRUE(AwaitAnswers(41));
  EXPECT_THAT(seen_.Get().runs.back().tickets, SizeIs(16));
}

TEST_F(FanOutTest, ADeliveryThatWasOvertakenAsksNothingAnewButIsAnswered) {
  Start();
  Hold("w0");
  fan_out_->Add(JobOf(RouteOf(0), "d1"));
  ASSERT_TRUE(AwaitBegun(1));
  const auto late = Intent("late");
  const auto early = Intent("early");
  fan_out_->Add("d3", std::vector<Asked>{{RouteOf(0), late, 0}});
  fan_out_->Add("d2", std::vector<Asked>{{RouteOf(0), early, 0}});
  Release();
  ASSERT_TRUE(AwaitAnswers(3));
  const Seen seen = seen_.Get();
  EXPECT_THAT(seen.runs, SizeIs(2));
  EXPECT_EQ(seen.runs.back().delivery, "d3");
  EXPECT_EQ(seen.runs.back().intent.reason, "late");
  EXPECT_THAT(seen.runs.back().tickets, SizeIs(2));
}

// A registry is not asked as often as somebody calls.
TEST_F(FanOutTest, ARouteRestsBetweenRunsAndOthersDoNotRestWithIt) {
  Start();
  const auto until = std::chrono::steady_clock::now() + milliseconds(400);
  for (std::size_t i = 0; std::chrono::steady_clock::now() < until; ++i) {
    fan_out_->Add(JobOf(RouteOf(0), "d", i));
    std::this_thread::yield();
  }
  const auto runs = seen_.Get().runs.size();
  EXPECT_GE(runs, 2u);
  EXPECT_LE(runs, 5u);  // after 0, 50, 150 and 350 ms
  fan_out_->Add(JobOf(RouteOf(1), "other"));
  EXPECT_TRUE(seen_.Until([](const Seen& s) { return s.results.contains("w1"); }));
}

TEST_F(FanOutTest, OneThatHangsDelaysNoSibling) {
  Start();
  Hold("w0");
  fan_out_->Add(JobOf(RouteOf(0), "d", 0));
  ASSERT_TRUE(AwaitBegun(1));
  fan_out_->Add(JobOf(RouteOf(1), "d", 1));
  fan_out_->Add(JobOf(RouteOf(2), "d", 2));
  ASSERT_TRUE(AwaitAnswers(2));
  EXPECT_FALSE(seen_.Get().results.contains("w0"));
}

TEST_F(FanOutTest, ARegistryThatHangsHoldsTwoThreadsAndNoMore) {
  table_ = TableOf(ManyWorkloads(6));
  registry_ = [](const Route& route) {
    return route.workload->key.name < "w4" ? "slow.example.com" : "fast.example.com";
  };
  Start(4);
  for (const char* name : {"w0", "w1", "w2", "w3"}) Hold(name);
  for (int i = 0; i < 4; ++i) fan_out_->Add(JobOf(RouteOf(i), "slow", static_cast<std::size_t>(i)));
  ASSERT_TRUE(AwaitBegun(2));
  const auto intent = Intent("a push");
  fan_out_->Add("fast", std::vector<Asked>{{RouteOf(4), intent, 0}, {RouteOf(5), intent, 1}});
  ASSERT_TRUE(AwaitAnswers(2));
  EXPECT_THAT(seen_.Get().begun, SizeIs(4)) << "two of each";
  Release();
  ASSERT_TRUE(AwaitAnswers(6)) << "those that waited come when the first are done";
}

TEST_F(FanOutTest, OneThatIsOfAnotherRegistryNowWaitsNoMoreForTheOneBefore) {
  const auto moved = std::make_shared<std::atomic<bool>>(false);
  registry_ = [moved](const Route& route) { return *moved && route.workload->key.name == "w2" ? "new" : "old"; };
  Start(3);
  for (const char* workload : {"w0", "w1"}) Hold(workload);
  for (int i = 0; i < 3; ++i) fan_out_->Add(JobOf(RouteOf(i), "d", static_cast<std::size_t>(i)));
  ASSERT_TRUE(AwaitBegun(2));
  *moved = true;
  fan_out_->Follow(table_);
  EXPECT_TRUE(AwaitAnswers(1));
  EXPECT_TRUE(seen_.Get().results.contains("w2"));
}

TEST_F(FanOutTest, OneThatHangsDelaysNoSiblingOfALaterTimeEither) {
  Start();
  Hold("w0");
  fan_out_->Add(JobOf(RouteOf(0), "d", 0), milliseconds(30));
  fan_out_->Add(JobOf(RouteOf(1), "d", 1), milliseconds(40));
  fan_out_->Add(JobOf(RouteOf(2), "d", 2), milliseconds(50));
  ASSERT_TRUE(AwaitAnswers(2));
  EXPECT_FALSE(seen_.Get().results.contains("w0"));
}

TEST_F(FanOutTest, AnExceptionIsAnErrorOfItsRouteAlone) {
  run_ = [](const Job& job) -> JobResult {
    if (job.route.workload->key.name == "w0") throw std::runtime_error("broken");
    if (job.route.workload->key.name == "w1") throw 7;
    return {DeliveryResult::Deployed, "done", {}};
  };
  Start(1);
  for (int i = 0; i < 3; ++i) fan_out_->Add(JobOf(RouteOf(i), "d", static_cast<std::size_t>(i)));
  ASSERT_TRUE(AwaitAnswers(3));
  const Seen seen = seen_.Get();
  EXPECT_EQ(seen.results.at("w0"), DeliveryResult::Errored);
  EXPECT_THAT(seen.messages.at("w0"), HasSubstr("broken"));
  EXPECT_EQ(seen.results.at("w1"), DeliveryResult::Errored);
  EXPECT_EQ(seen.results.at("w2"), DeliveryResult::Deployed);
}

TEST_F(FanOutTest, WhatIsPendingIsTriedAgainWithItsTicketsUntilItIsNot) {
  run_ = [](const Job& job) -> JobResult {
    if (job.attempt < 3) return {DeliveryResult::Pending, "the registry is down", Duration(5)};
    return {DeliveryResult::Deployed, "done", {}};
  };
  Start();
  fan_out_->Add(JobOf(RouteOf(0), "d"));
  ASSERT_TRUE(AwaitAnswers(1));
  EXPECT_THAT(seen_.Get().runs, SizeIs(4));
  EXPECT_THAT(seen_.Get().superseded, IsEmpty());
}

TEST_F(FanOutTest, ALookByOurselvesTakesNoWishAwayFromOneThatIsPending) {
  run_ = [](const Job& job) -> JobResult {
    if (job.attempt == 0) return {DeliveryResult::Pending, "the registry is down", std::chrono::hours(1)};
    return {DeliveryResult::Deployed, job.intent.reason, {}};
  };
  Start();
  Hold("w0");
  Job wish = JobOf(RouteOf(0), "d");
  wish.intent = {.act = DeploymentIntent::Act::SetVersion, .reason = "a tag was pushed"};
  fan_out_->Add(wish);
  ASSERT_TRUE(AwaitBegun(1));
  fan_out_->Add(JobOf(RouteOf(0)));
  Release();
  ASSERT_TRUE(AwaitAnswers(1));
  const Seen seen = seen_.Get();
  EXPECT_THAT(seen.superseded, IsEmpty());
  EXPECT_EQ(seen.messages.at("w0"), "a tag was pushed");
  EXPECT_EQ(seen.runs.back().delivery, "d");
}

TEST_F(FanOutTest, ALaterDeliveryReplacesOneThatWaitsAndTakesItsTicketsAlong) {
  Start();
  Hold("w0");
  fan_out_->Add(JobOf(RouteOf(0), "first"));
  ASSERT_TRUE(AwaitBegun(1));
  Job second = JobOf(RouteOf(0), "second");
  second.intent.version.tag = "1";
  Job third = JobOf(RouteOf(0), "third");
  third.intent.version.tag = "2";
  fan_out_->Add(second, std::chrono::hours(1));
  fan_out_->Add(third);
  Release();
  ASSERT_TRUE(AwaitAnswers(3));
  const Job last = seen_.Get().runs.back();
  EXPECT_EQ(last.intent.version.tag, "2");
  EXPECT_EQ(last.delivery, "third");
  EXPECT_THAT(last.tickets, SizeIs(2));
}

TEST_F(FanOutTest, ALaterTimeDelaysNothing) {
  Start();
  Hold("w0");
  fan_out_->Add(JobOf(RouteOf(0), "first"));
  ASSERT_TRUE(AwaitBegun(1));
  fan_out_->Add(JobOf(RouteOf(0), "second"));
  fan_out_->Add(JobOf(RouteOf(0), "third"), std::chrono::hours(1));
  Release();
  EXPECT_TRUE(AwaitAnswers(3));
}

TEST_F(FanOutTest, OneThatLooksAgainLaterHasAnsweredWhoAsked) {
  run_ = [runs = 0](const Job&) mutable -> JobResult {
    if (++runs == 1) return {DeliveryResult::Skipped, "soaks", Duration(5)};
    return {DeliveryResult::Skipped, "promoted", {}};
  };
  Start(1);
  fan_out_->Add(JobOf(RouteOf(0), "d"));
  ASSERT_TRUE(AwaitBegun(2));
  const Seen seen = seen_.Get();
  EXPECT_THAT(seen.answered, SizeIs(1));
  EXPECT_THAT(seen.runs.back().tickets, IsEmpty());
  EXPECT_EQ(seen.runs.back().delivery, "");
}

TEST_F(FanOutTest, RoutesThatAreGoneDropWhatWaitsAndOthersGoOnWithTheNewOne) {
  Start();
  Hold("w0"), Hold("w1");
  fan_out_->Add(JobOf(RouteOf(0), "d", 0));
  fan_out_->Add(JobOf(RouteOf(1), "d", 1));
  ASSERT_TRUE(AwaitBegun(2));
  fan_out_->Add(JobOf(RouteOf(0), "e", 0));
  fan_out_->Add(JobOf(RouteOf(1), "e", 1));
  const RouteTable fewer =
      TableOf(Manifest("Trigger", "name: push", "manual: {}") +
              ImageWorkload("w1", "repository: shop, tag: \"2.0.0\"") + Bound("b-w1", "push", "w1"));
  fan_out_->Follow(fewer);
  EXPECT_EQ(seen_.Get().results.at("w0"), DeliveryResult::Skipped);
  EXPECT_EQ(seen_.Get().messages.at("w0"), "binding/b-w0 does not bind it any more");
  Release();
  ASSERT_TRUE(AwaitAnswers(4));
  const Seen seen = seen_.Get();
  EXPECT_THAT(seen.begun, SizeIs(3));
  EXPECT_EQ(seen.runs.back().route.workload->workload().source.image->tag, "2.0.0");
}

TEST_F(FanOutTest, AStopEndsWhatIsUnderWayAndBeginsNothing) {
  Awaited<bool> began;
  FanOut fan_out(clock_,
                 {.run = [&](const Job&, std::stop_token stop) -> JobResult {
                    std::mutex mutex;
                    std::condition_variable_any wake;
                    std::unique_lock lock(mutex);
                    began.Do([](bool& b) { b = true; });
                    wake.wait(lock, stop, [] { return false; });
                    return {DeliveryResult::Errored, "stopped", {}};
                  },
                  .done = [](const Job&, const JobResult&) {},
                  .superseded = [](const std::vector<Ticket>&, const std::string&) {}},
                 1);
  fan_out.Start();
  fan_out.Add(JobOf(RouteOf(0)));
  fan_out.Add(JobOf(RouteOf(1)));
  ASSERT_TRUE(began.Until([](bool b) { return b; }));
  fan_out.Stop();
  fan_out.Stop();
  EXPECT_EQ(fan_out.Depth(), 1u);
}

}  // namespace
}  // namespace tinyforge
