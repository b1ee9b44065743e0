#include "controller/runtime/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <stdexcept>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_logger.h"
#include "tests/fakes/fake_store.h"

namespace tinyforge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class ReconcilerFunction final : public Reconciler {
 public:
  std::function<Outcome(const Request&)> pass = [](const Request&) { return Outcome{.status = v1::Status{}}; };
  Outcome Reconcile(const Request& request) override { return pass(request); }
};

Outcome Failing(ErrorKind kind, std::string message = "registry timed out") {
  return {.status = v1::Status{}, .error = Error{kind, std::move(message)}};
}

class WorkerTest : public ::testing::Test {
 protected:
  void SetUp() override { store_.Put({.key = shop_, .generation = 4}); }

  // One pass over shop with this outcome.
  void Pass(Outcome outcome) {
    reconciler_.pass = [&](const Request&) { return outcome; };
    queue_.Add(shop_, Urgency::Change);
    ASSERT_TRUE(worker_.RunOnce());
  }
  std::optional<Duration> ComesBackAfter() {
    const auto due = queue_.NextDue();
    if (!due) return std::nullopt;
    return std::chrono::duration_cast<Duration>(*due - clock_.Now());
  }
  Condition StoredCondition(std::string_view type) {
    const auto record = store_.Get(shop_);
    const Condition* found = FindCondition((*record)->status.conditions, type);
    return found == nullptr ? Condition() : *found;
  }

  const ObjectKey shop_{Kind::Workload, "shop"};
  FakeClock clock_;
  WorkQueue queue_{
      clock_, {.transient = {milliseconds(250), std::chrono::minutes(5), 0}, .waiting = {seconds(1), seconds(30), 0}}};
  ReconcilerFunction reconciler_;
  FakeStore store_;
  Metrics metrics_;
  FakeLogger logger_;
  Redactor redactor_;
  Worker worker_{{queue_, {{Kind::Workload, &reconciler_}}, store_, clock_, metrics_, logger_, redactor_}};
};

TEST_F(WorkerTest, WithNothingDueThereIsNoPass) {
  EXPECT_FALSE(worker_.RunOnce());
}

TEST_F(WorkerTest, StatusIsStoredOnceAndEventsWithIt) {
  v1::Status status;
  status.ready_replicas = 2;
  Pass({.status = status, .events = {{.object = "workload/shop", .reason = "Created", .message = "container shop"}}});
  EXPECT_EQ(store_.status_writes(), 1u);
  EXPECT_EQ((*store_.Get(shop_))->status.ready_replicas, 2);
  ASSERT_EQ(store_.Events({})->size(), 1u);
  EXPECT_THAT(logger_.lines(), Contains("I event object=workload/shop reason=Created message=container shop"));
}

TEST_F(WorkerTest, TheRequestCarriesTheWallClock) {
  SysTime seen{};
  reconciler_.pass = [&](const Request& request) {
    seen = request.now;
    return Outcome{};
  };
  queue_.Add(shop_);
  worker_.RunOnce();
  EXPECT_EQ(seen, clock_.SystemNow());
}

TEST_F(WorkerTest, AGoodPassComesBackOnlyWhenAsked) {
  Pass({.status = v1::Status{}});
  EXPECT_EQ(ComesBackAfter(), std::nullopt);
  Pass({.status = v1::Status{}, .requeue_after = seconds(7)});
  EXPECT_EQ(ComesBackAfter(), seconds(7));
}

TEST_F(WorkerTest, TransientErrorsBackOffUntilAGoodPass) {
  reconciler_.pass = [](const Request&) { return Failing(ErrorKind::Transient); };
  queue_.Add(shop_);
  for (const Duration expected : {milliseconds(250), milliseconds(500), milliseconds(1000)}) {
    ASSERT_TRUE(worker_.RunOnce());
    EXPECT_EQ(ComesBackAfter(), expected);
    clock_.Advance(expected);
  }
  reconciler_.pass = [](const Request&) { return Outcome{.status = v1::Status{}, .requeue_after = seconds(60)}; };
  ASSERT_TRUE(worker_.RunOnce());
  clock_.Advance(seconds(60));
  reconciler_.pass = [](const Request&) { return Failing(ErrorKind::Transient); };
  ASSERT_TRUE(worker_.RunOnce());
  EXPECT_EQ(ComesBackAfter(), milliseconds(250));
}

struct KindCase {
  ErrorKind kind;
  std::optional<Duration> comes_back;
  std::optional<Duration> comes_back_when_asked;  // with requeue_after 9 s
  const char* result;
};
class WorkerKindTest : public WorkerTest, public ::testing::WithParamInterface<KindCase> {};

TEST_P(WorkerKindTest, TheKindOfTheErrorDecidesWhatComesNext) {
  Outcome outcome = Failing(GetParam().kind);
  Pass(outcome);
  EXPECT_EQ(ComesBackAfter(), GetParam().comes_back);
  EXPECT_THAT(metrics_.Serialize(),
              HasSubstr(std::string(R"(tinyforge_reconcile_duration_seconds_count{kind="Workload",result=")") +
                        GetParam().result + "\"} 1\n"));
  outcome.requeue_after = seconds(9);
  Pass(outcome);
  EXPECT_EQ(ComesBackAfter(), GetParam().comes_back_when_asked);
}

INSTANTIATE_TEST_SUITE_P(AllKinds, WorkerKindTest,
                         ::testing::Values(KindCase{ErrorKind::Transient, milliseconds(250), milliseconds(250),
                                                    "error"},
                                           KindCase{ErrorKind::Waiting, seconds(1), seconds(9), "waiting"},
                                           KindCase{ErrorKind::Conflict, seconds(1), seconds(9), "waiting"},
                                           KindCase{ErrorKind::NotFound, seconds(1), seconds(9), "waiting"},
                                           KindCase{ErrorKind::Terminal, std::nullopt, seconds(9), "stalled"},
                                           KindCase{ErrorKind::Invalid, std::nullopt, seconds(9), "stalled"}),
                         [](const auto& kind_case) { return std::string(ToString(kind_case.param.kind)); });

TEST_F(WorkerTest, AnErrorWithoutAStatusIsExplainedInTheStoredOne) {
  Pass({.error = Error{ErrorKind::Terminal, "privileged is not allowed"}});
  const Condition ready = StoredCondition(condition::kReady);
  EXPECT_EQ(ready.status, ConditionStatus::False);
  EXPECT_EQ(ready.reason, "Stalled");
  EXPECT_EQ(ready.message, "privileged is not allowed");
  EXPECT_EQ(ready.observed_generation, 4);
  EXPECT_EQ(StoredCondition(condition::kStalled).status, ConditionStatus::True);
}

TEST_F(WorkerTest, AnExceptionStallsItsObjectAndNoOther) {
  reconciler_.pass = [&](const Request& request) -> Outcome {
    if (request.key == shop_) throw std::runtime_error("vector::at");
    return {.status = v1::Status{}};
  };
  const ObjectKey blog{Kind::Workload, "blog"};
  store_.Put({.key = blog});
  queue_.Add(shop_);
  queue_.Add(blog);
  EXPECT_TRUE(worker_.RunOnce());
  EXPECT_TRUE(worker_.RunOnce());
  EXPECT_EQ(StoredCondition(condition::kStalled).reason, "InternalError");
  EXPECT_EQ(StoredCondition(condition::kStalled).status, ConditionStatus::True);
  EXPECT_EQ(StoredCondition(condition::kReady).message, "internal error: vector::at");
  EXPECT_EQ(ComesBackAfter(), milliseconds(250));
  EXPECT_TRUE((*store_.Get(blog))->status.conditions.empty());
  EXPECT_EQ(store_.Events({})->at(0).reason, "InternalError");
}

TEST_F(WorkerTest, SomethingThrownThatIsNoExceptionIsCaughtToo) {
  reconciler_.pass = [](const Request&) -> Outcome { throw 7; };
  queue_.Add(shop_);
  EXPECT_TRUE(worker_.RunOnce());
  EXPECT_EQ(StoredCondition(condition::kStalled).reason, "InternalError");
}

TEST_F(WorkerTest, SecretsAreBlottedOutOfWhatIsStoredAndLogged) {
  redactor_.Register("hunter22");
  v1::Status status;
  SetCondition(status.conditions, {.type = "Ready", .message = "login with hunter22 failed"});
  Outcome outcome = Failing(ErrorKind::Transient, "login with hunter22 failed");
  outcome.status = status;
  outcome.events = {{.object = "workload/shop", .reason = "Failed", .message = "hunter22"}};
  Pass(outcome);
  EXPECT_EQ(StoredCondition("Ready").message, "login with [redacted] failed");
  EXPECT_EQ(store_.Events({})->at(0).message, "[redacted]");
  EXPECT_THAT(logger_.lines(), Not(Contains(HasSubstr("hunter22"))));
}

TEST_F(WorkerTest, AFailingStoreStopsNothing) {
  store_.fail = true;
  Pass({.status = v1::Status{}, .requeue_after = seconds(5)});
  EXPECT_EQ(ComesBackAfter(), seconds(5));
  EXPECT_THAT(logger_.lines(), Contains(HasSubstr("W status not stored")));
}

TEST_F(WorkerTest, AnErrorThatRepeatsIsSaidOnceAndItsEndToo) {
  for (int i = 0; i < 3; ++i) Pass(Failing(ErrorKind::Terminal));
  Pass({.status = v1::Status{}});
  std::vector<std::string> loud;
  for (const std::string& line : logger_.lines())
    if (!line.starts_with("D ")) loud.push_back(line);
  ASSERT_EQ(loud.size(), 2u);
  EXPECT_EQ(loud[0],
            "W reconcile ended with an error object=workload/shop kind=Terminal error=registry timed out next=on "
            "change took=0s");
  EXPECT_EQ(loud[1], "I reconciled again after an error object=workload/shop took=0s");
}

TEST_F(WorkerTest, AKeyThatNoReconcilerKnowsIsDropped) {
  queue_.Add({Kind::Trigger, "t"});
  EXPECT_TRUE(worker_.RunOnce());
  EXPECT_EQ(store_.status_writes(), 0u);
  EXPECT_EQ(ComesBackAfter(), std::nullopt);
}

TEST_F(WorkerTest, APoolWorksOnManyKeysAtOnceAndEndsCleanly) {
  RealClock clock;
  WorkQueue queue(clock);
  std::latch all_in_progress(3);
  std::atomic<int> passes = 0;
  reconciler_.pass = [&](const Request&) {
    ++passes;
    all_in_progress.arrive_and_wait();
    return Outcome{.status = v1::Status{}};
  };
  Worker worker({queue, {{Kind::Workload, &reconciler_}}, store_, clock, metrics_, logger_, redactor_});
  {
    WorkerPool pool(worker, 3);
    EXPECT_EQ(pool.size(), 3u);
    for (const char* name : {"a", "b", "c"}) queue.Add({Kind::Workload, name});
    all_in_progress.wait();
  }
  EXPECT_EQ(passes, 3);
  EXPECT_EQ(queue.Depth(), 0u);
}

TEST_F(WorkerTest, AfterAnErrorOfAPassThatActedItsOwnEventsAreNoReasonToHurry) {
  for (const ErrorKind kind :
       {ErrorKind::Transient, ErrorKind::Waiting, ErrorKind::Conflict, ErrorKind::NotFound, ErrorKind::Terminal}) {
    Outcome outcome = Failing(kind);
    outcome.acted = true;
    if (kind == ErrorKind::Conflict) outcome.requeue_after = milliseconds(100);
    Pass(outcome);
    queue_.Add(shop_);
    EXPECT_EQ(ComesBackAfter(), milliseconds(250)) << ToString(kind);
  }
}

TEST_F(WorkerTest, WithoutAnEffectAWaitEndsWithAnEvent) {
  Pass(Failing(ErrorKind::Waiting));
  queue_.Add(shop_);
  EXPECT_EQ(ComesBackAfter(), Duration(0));
}

TEST_F(WorkerTest, WhatTheHostRefusedIsTriedAgainNowAndThen) {
  Outcome refused = Failing(ErrorKind::Terminal, "bind source path does not exist");
  refused.acted = true;
  Pass(refused);
  EXPECT_EQ(ComesBackAfter(), std::chrono::minutes(5));
  Pass(Failing(ErrorKind::Terminal));
  EXPECT_FALSE(ComesBackAfter());
}

}  // namespace
}  // namespace tinyforge
