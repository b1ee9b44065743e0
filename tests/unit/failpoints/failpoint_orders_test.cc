#include "tests/failpoints/failpoint_orders.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>

#include "controller/runtime/failpoint.h"

namespace tinyforge {
namespace {

using failpoint::Action;
using failpoint::Order;
using failpoint::Parse;
using ::testing::ElementsAre;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::KilledBySignal;

// Run in a child, since the environment is read once a process.
void PassTimes(const char* orders, int times, const char* list = "") {
  ::setenv("TF_FAILPOINT", orders, 1);
  if (*list) ::setenv("TF_FAILPOINT_LIST", list, 1);
  for (int passing = 1; passing <= times; ++passing) {
    if (auto passed = Failpoint("a", ".b_c"); !passed) {
      std::fprintf(stderr, "%d: %s", passing, passed.error().message.c_str());
      ::_exit(passed.error().kind == ErrorKind::Transient ? 0 : 1);
    }
  }
  ::_exit(9);
}

TEST(Failpoint, OrdersAreRead) {
  auto orders = Parse("a.b:kill,c:error@3,d:delay=500ms@2,e:delay");
  ASSERT_TRUE(orders);
  EXPECT_THAT(*orders,
              ElementsAre(Order{.name = "a.b"}, Order{.name = "c", .action = Action::Error, .at = 3},
                          Order{.name = "d", .action = Action::Delay, .at = 2, .delay = std::chrono::milliseconds(500)},
                          Order{.name = "e", .action = Action::Delay}));
}

TEST(Failpoint, WhatIsNoOrderIsRefused) {
  for (const char* text : {"a", ":kill", "a:die", "a:kill@0", "a:kill@x", "a:delay=soon", "a:delayed", "a:kill@1@2"})
    EXPECT_FALSE(Parse(text)) << text;
}

TEST(FailpointDeathTest, ActsAtThePassingItWasToldAndReadsUnderscoresAsHyphens) {
  EXPECT_EXIT(PassTimes("a.b-c:error@3", 5), ExitedWithCode(0), HasSubstr("3: failpoint a.b-c"));
  EXPECT_EXIT(PassTimes("a.b-c:error@6", 5), ExitedWithCode(9), "");
  EXPECT_EXIT(PassTimes("other:error", 5), ExitedWithCode(9), "");
}

TEST(FailpointDeathTest, KillsTheProcess) {
  EXPECT_EXIT(PassTimes("a.b-c:kill@2", 5), KilledBySignal(SIGKILL), "");
}

TEST(FailpointDeathTest, AnUnreadableOrderEndsTheProgram) {
  EXPECT_EXIT(PassTimes("a.b-c:die", 5), ExitedWithCode(2), HasSubstr("a.b-c:die"));
}

TEST(FailpointDeathTest, PassingsAreListedUpToABound) {
  const std::string list = ::testing::TempDir() + "passings-" + std::to_string(::getpid());
  EXPECT_EXIT(PassTimes("", 20, list.c_str()), ExitedWithCode(9), "");
  std::ifstream in(list);
  std::vector<std::string> lines{std::istream_iterator<std::string>(in), {}};
  ASSERT_EQ(lines.size(), 16u);
  EXPECT_EQ(lines.front(), "a.b-c@1");
  EXPECT_EQ(lines.back(), "a.b-c@16");
  ::unlink(list.c_str());
}

}  // namespace
}  // namespace tinyforge
