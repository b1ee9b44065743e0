#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <ranges>
#include <thread>

#include "reconcilers/plan/plan.h"
#include "tests/fakes/fake_engine.h"
#include "tests/fakes/fake_host_images.h"
#include "tests/fakes/one_by_one.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A thread each.
class AllAtOnce : public TaskRunner {
 public:
  void Run(const std::vector<Task>& tasks) override {
    std::vector<std::jthread> threads;
    for (const Task& task : tasks) threads.emplace_back(task);
  }
};

class Backwards : public TaskRunner {
 public:
  void Run(const std::vector<Task>& tasks) override {
    for (const Task& task : tasks | std::views::reverse) task();
  }
};

// A start ends when as many as are expected have begun, or fails for want of them.
class MeetingEngine : public FakeEngine {
 public:
  explicit MeetingEngine(int expected) : expected_(expected) {}
  Expected<void> Start(std::string_view) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    met_.notify_all();
    if (met_.wait_for(lock, std::chrono::seconds(20), [this] { return begun_ >= expected_; })) return {};
    return Error{ErrorKind::Transient, "nobody came"};
  }

 private:
  const int expected_;
  int begun_ = 0;
  std::mutex mutex_;
  std::condition_variable met_;
};

class ApplyTest : public ::testing::Test {
 protected:
  void Add(const std::string& name, StepOrder order, int group = 0) {
    plan.steps.push_back({action::Start{{name, name}}, "test", group, order});
    ObservedContainer container{.id = name, .name = name};
    engine.containers.emplace(name, container);
  }
  ApplyResult Take(FakeEngine& on, TaskRunner& tasks) { return Apply(plan, {on, files, facts, logs, images, tasks}); }
  static std::vector<std::string> NamesOf(const ApplyResult& result) {
    std::vector<std::string> names;
    for (const Step* step : result.applied) names.push_back(std::get<action::Start>(step->action).target.name);
    return names;
  }

  Plan plan;
  FakeEngine engine;
  FakeFiles files;
  FakeFacts facts;
  FakeLogs logs;
  FakeHostImages images;
  OneByOne one_by_one;
  Backwards backwards;
};

TEST_F(ApplyTest, LanesOfOneTurnAreTakenAtTheSameTime) {
  for (int lane = 0; lane < 3; ++lane) Add("c" + std::to_string(lane), {.turn = 0, .lane = lane});
  MeetingEngine meeting(3);
  AllAtOnce all_at_once;
  const ApplyResult result = Take(meeting, all_at_once);
  EXPECT_FALSE(result.error) << result.error->message;
  EXPECT_THAT(NamesOf(result), ElementsAre("c0", "c1", "c2"));
}

TEST_F(ApplyTest, TurnsFollowOneAnotherAndALaneKeepsItsOrder) {
  Add("late", {.turn = 1, .lane = 0});
  Add("a1", {.turn = 0, .lane = 1});
  Add("a2", {.turn = 0, .lane = 1}, 1);
  Add("b", {.turn = 0, .lane = 2});
  const ApplyResult result = Take(engine, backwards);
  EXPECT_THAT(engine.calls, ElementsAre("start b", "start a1", "start a2", "start late"));
  EXPECT_THAT(NamesOf(result), ElementsAre("late", "a1", "a2", "b"));  // told in the order of the plan
}

TEST_F(ApplyTest, AnErrorEndsItsGroupInItsLaneAlone) {
  Add("a1", {.turn = 0, .lane = 0});
  Add("a2", {.turn = 0, .lane = 0});
  Add("a3", {.turn = 0, .lane = 0}, 1);
  Add("b", {.turn = 0, .lane = 1});
  Add("late", {.turn = 1, .lane = 2});
  engine.fail = [](const std::string& call) {
    return call == "start a1" ? std::optional(Error{ErrorKind::Waiting, "held"}) : std::nullopt;
  };
  const ApplyResult result = Take(engine, one_by_one);
  EXPECT_THAT(NamesOf(result), ElementsAre("a3", "b", "late"));
  ASSERT_TRUE(result.error);
  EXPECT_THAT(result.error->message, HasSubstr("start a1"));
}

TEST_F(ApplyTest, TheFirstErrorOfThePlanIsToldWhicheverCameFirst) {
  Add("a", {.turn = 0, .lane = 0});
  Add("b", {.turn = 0, .lane = 1});
  engine.fail = [](const std::string&) { return Error{ErrorKind::Waiting, "held"}; };
  const ApplyResult result = Take(engine, backwards);
  ASSERT_TRUE(result.error);
  EXPECT_THAT(result.error->message, HasSubstr("start a"));
}

}  // namespace
}  // namespace tinyforge
