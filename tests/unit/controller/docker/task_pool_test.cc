#include "controller/docker/task_pool.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

#include "tests/fakes/fake_logger.h"

namespace tinyforge::docker {
namespace {

TEST(TaskPoolTest, AStopUnderWayIsNotDoubledAndMayBeginAgainAfterwards) {
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::atomic<int> stops = 0;
  FakeLogger log;
  TaskPool pool({2, "stops"}, log, [&](const std::string&, const std::stop_token&) {
    gate.wait();
    ++stops;
    return TaskPool::WhenEnded();
  });
  EXPECT_TRUE(pool.Begin("a"));
  EXPECT_FALSE(pool.Begin("a"));
  go.set_value();
  while (pool.under_way()) std::this_thread::yield();
  EXPECT_TRUE(pool.Begin("a"));
  while (pool.under_way()) std::this_thread::yield();
  EXPECT_EQ(stops, 2);
}

TEST(TaskPoolTest, AsManyAtATimeAsAllowedAndAllInTheEnd) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  FakeLogger log;
  TaskPool pool({3, "stops"}, log, [&](const std::string&, const std::stop_token&) {
    int running = ++now;
    int seen = most;
    while (running > seen && !most.compare_exchange_weak(seen, running)) {
    }
    std::this_thread::yield();
    --now;
    ++done;
    return TaskPool::WhenEnded();
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(pool.Begin(std::to_string(i)));
  while (pool.under_way()) std::this_thread::yield();
  EXPECT_EQ(done, 50);
  EXPECT_LE(most, 3);
}

TEST(TaskPoolTest, AbortEndsWhatRunsAndDropsWhatWaits) {
  std::promise<void> begun;
  std::atomic<int> stops = 0;
  FakeLogger log;
  TaskPool pool({1, "stops"}, log, [&](const std::string&, const std::stop_token& stop) {
    ++stops;
    begun.set_value();
    while (!stop.stop_requested()) std::this_thread::yield();
    return TaskPool::WhenEnded();
  });
  pool.Begin("a");
  pool.Begin("b");
  begun.get_future().wait();
  pool.Abort();
  EXPECT_EQ(stops, 1);
  EXPECT_FALSE(pool.Begin("c"));
}

TEST(TaskPoolTest, WhoIsToldOfTheEndCanBeginAgainAtOnce) {
  std::atomic<int> stops = 0;
  std::promise<bool> begun_again;
  TaskPool* self = nullptr;
  FakeLogger log;
  TaskPool pool({1, "stops"}, log, [&](const std::string& container, const std::stop_token&) {
    if (++stops > 1) return TaskPool::WhenEnded();
    return TaskPool::WhenEnded([&, container] { begun_again.set_value(self->Begin(container)); });
  });
  self = &pool;
  pool.Begin("a");
  EXPECT_TRUE(begun_again.get_future().get());
  while (pool.under_way()) std::this_thread::yield();
  EXPECT_EQ(stops, 2);
}

TEST(TaskPoolTest, WhatAStopThrowsEndsThatStopAndNotTheThread) {
  FakeLogger log;
  std::promise<void> second;
  TaskPool pool({1, "stops"}, log, [&](const std::string& container, const std::stop_token&) {
    if (container == "a") throw std::runtime_error("oops");
    second.set_value();
    return TaskPool::WhenEnded();
  });
  pool.Begin("a");
  pool.Begin("b");
  second.get_future().get();
  EXPECT_TRUE(pool.Begin("a"));
  EXPECT_THAT(log.lines(), testing::Contains(testing::HasSubstr("error=oops")));
}

}  // namespace
}  // namespace tinyforge::docker
