#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "controller/runtime/work_queue.h"

namespace tinyforge {
namespace {

using std::chrono::milliseconds;

constexpr int kKeys = 16;

ObjectKey Key(int index) {
  return {Kind::Workload, "w" + std::to_string(index)};
}

// What the threads check: `written` moves before a key is added, and a worker notes what it has seen of it. No add is
// lost when everything written was seen in the end.
struct Cell {
  std::atomic<int> written = 0;
  std::atomic<int> seen = 0;
  std::atomic<int> holders = 0;
};

TEST(WorkQueueThreads, NoKeyIsHeldTwiceAndNoAddIsLost) {
  RealClock clock;
  WorkQueue queue(clock);
  std::array<Cell, kKeys> cells;
  std::atomic<int> held_twice = 0;
  std::vector<std::jthread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&](std::stop_token stop) {
      while (const auto item = queue.Get(stop)) {
        Cell& cell = cells[static_cast<std::size_t>(std::stoi(item->key.name.substr(1)))];
        if (++cell.holders != 1) ++held_twice;
        cell.seen = cell.written.load();
        --cell.holders;
        queue.Done(item->key);
      }
    });
  }
  {
    std::vector<std::jthread> producers;
    for (int p = 0; p < 4; ++p) {
      producers.emplace_back([&, p] {
        for (int i = 0; i < 3000; ++i) {
          const int index = (i * 7 + p) % kKeys;
          ++cells[static_cast<std::size_t>(index)].written;
          if (i % 5 == 0) {
            queue.AddAfter(Key(index), milliseconds(i % 3));
          } else {
            queue.Add(Key(index), static_cast<Urgency>(i % 3));
          }
        }
      });
    }
  }
  const auto all_seen = [&] {
    return std::all_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell.seen == cell.written; });
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!all_seen() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(all_seen());
  EXPECT_EQ(held_twice, 0);
  for (auto& worker : workers) worker.request_stop();
}

TEST(WorkQueueThreads, ABlockedGetReturnsEmptyOnStop) {
  RealClock clock;
  WorkQueue queue(clock);
  std::jthread worker([&](std::stop_token stop) { EXPECT_FALSE(queue.Get(stop)); });
  worker.request_stop();
  worker.join();
}

TEST(WorkQueueThreads, AStoppedTimekeeperHandsItsDutyToAnother) {
  RealClock clock;
  WorkQueue queue(clock);
  std::atomic<bool> got = false;
  std::jthread first([&](std::stop_token stop) { static_cast<void>(queue.Get(stop)); });
  std::jthread second([&](std::stop_token stop) {
    if (queue.Get(stop)) got = true;
  });
  queue.AddAfter(Key(1), milliseconds(50));
  first.request_stop();
  first.join();
  if (!queue.NextDue()) queue.Add(Key(2));  // the first took it before it was stopped
  second.join();
  EXPECT_TRUE(got);
}

TEST(WorkQueueThreads, AnEarlierDelayWakesABlockedGetInTime) {
  RealClock clock;
  WorkQueue queue(clock);
  queue.AddAfter(Key(1), std::chrono::hours(1));
  std::atomic<bool> got = false;
  std::jthread worker([&](std::stop_token stop) {
    const auto item = queue.Get(stop);
    got = item && item->key == Key(2);
  });
  queue.AddAfter(Key(2), milliseconds(20));
  worker.join();
  EXPECT_TRUE(got);
}

}  // namespace
}  // namespace tinyforge
