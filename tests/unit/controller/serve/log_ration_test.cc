#include "controller/serve/log_ration.h"

#include <gtest/gtest.h>

namespace tinyforge::serve {
namespace {

using std::chrono::milliseconds;

TEST(LogRation, LetsAFewLinesThroughInASecondAndCountsTheOthers) {
  LogRation ration(2);
  const SteadyTime start{std::chrono::hours(1)};
  EXPECT_EQ(ration.Ask(start), 0u);
  EXPECT_EQ(ration.Ask(start + milliseconds(1)), 0u);
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(ration.Ask(start + milliseconds(2)));
  EXPECT_FALSE(ration.Ask(start + milliseconds(999)));
  EXPECT_EQ(ration.Ask(start + milliseconds(1000)), 8u);
  EXPECT_EQ(ration.Ask(start + milliseconds(1001)), 0u);
  EXPECT_FALSE(ration.Ask(start + milliseconds(1002)));
}

}  // namespace
}  // namespace tinyforge::serve
