#include "controller/runtime/task_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <stdexcept>

namespace tinyforge {
namespace {

std::vector<TaskRunner::Task> Times(int count, const TaskRunner::Task& task) {
  return std::vector<TaskRunner::Task>(static_cast<std::size_t>(count), task);
}

TEST(TaskPool, EveryTaskIsDoneOnceWhenRunReturns) {
  TaskPool pool(4);
  std::vector<int> done(1000);
  std::vector<TaskRunner::Task> tasks;
  for (int& count : done) tasks.emplace_back([&count] { ++count; });
  pool.Run(tasks);
  EXPECT_EQ(done, std::vector<int>(1000, 1));
}

TEST(TaskPool, HelpersAndCallerWorkAtTheSameTime) {
  TaskPool pool(3);
  std::barrier all(3);
  pool.Run(Times(3, [&] { all.arrive_and_wait(); }));
}

TEST(TaskPool, OfOneThreadTheCallerDoesAllInOrder) {
  TaskPool pool(1);
  std::vector<int> order;
  pool.Run({[&] { order.push_back(1); }, [&] { order.push_back(2); }, [&] { order.push_back(3); }});
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(TaskPool, ABusyHelperKeepsNobodyElseWaiting) {
  TaskPool pool(2);
  std::barrier both_begun(3);
  std::atomic<bool> other_done = false;
  std::jthread busy([&] {
    pool.Run(Times(2, [&] {
      both_begun.arrive_and_wait();
      other_done.wait(false);
    }));
  });
  both_begun.arrive_and_wait();
  pool.Run(Times(5, [] {}));
  other_done = true;
  other_done.notify_all();
}

TEST(TaskPool, WhatATaskThrowsComesOutOnceAllHaveEnded) {
  TaskPool pool(3);
  std::atomic<int> ended = 0;
  auto tasks = Times(10, [&] { ++ended; });
  tasks[3] = [] { throw std::runtime_error("boom"); };
  EXPECT_THROW(pool.Run(tasks), std::runtime_error);
  EXPECT_EQ(ended, 9);
  pool.Run(Times(2, [&] { ++ended; }));
  EXPECT_EQ(ended, 11);
}

TEST(TaskPool, ManyRunsAtOnce) {
  TaskPool pool(3);
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i)
      callers.emplace_back([&] {
        for (int round = 0; round < 50; ++round) pool.Run(Times(round % 5, [&] { ++done; }));
      });
  }
  EXPECT_EQ(done, 8 * 50 * 2);
}

}  // namespace
}  // namespace tinyforge
