#include "controller/docker/stop_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace tinyforge::docker {
namespace {

TEST(StopPoolTest, AStopUnderWayIsNotDoubledAndMayBeginAgainAfterwards) {
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::atomic<int> stops = 0;
  StopPool pool(2, [&](const std::string&, const std::stop_token&) {
    gate.wait();
    ++stops;
  });
  EXPECT_TRUE(pool.Begin("a"));
  EXPECT_FALSE(pool.Begin("a"));
  go.set_value();
  while (pool.under_way()) std::this_thread::yield();
  EXPECT_TRUE(pool.Begin("a"));
  while (pool.under_way()) std::this_thread::yield();
  EXPECT_EQ(stops, 2);
}

TEST(StopPoolTest, AsManyAtATimeAsAllowedAndAllInTheEnd) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  StopPool pool(3, [&](const std::string&, const std::stop_token&) {
    int running = ++now;
    int seen = most;
    while (running > seen && !most.compare_exchange_weak(seen, running)) {
    }
    std::this_thread::yield();
    --now;
    ++done;
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(pool.Begin(std::to_string(i)));
  while (pool.under_way()) std::this_thread::yield();
  EXPECT_EQ(done, 50);
  EXPECT_LE(most, 3);
}

TEST(StopPoolTest, AbortEndsWhatRunsAndDropsWhatWaits) {
  std::promise<void> begun;
  std::atomic<int> stops = 0;
  StopPool pool(1, [&](const std::string&, const std::stop_token& stop) {
    ++stops;
    begun.set_value();
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  pool.Begin("a");
  pool.Begin("b");
  begun.get_future().wait();
  pool.Abort();
  EXPECT_EQ(stops, 1);
  EXPECT_FALSE(pool.Begin("c"));
}

}  // namespace
}  // namespace tinyforge::docker
