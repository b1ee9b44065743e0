// When a deletion waits for a person.
#include "reconcilers/config/deletion_budget.h"

#include <gtest/gtest.h>

namespace tinyforge {
namespace {

bool Asks(std::size_t pending, std::size_t existing, std::size_t recent = 0) {
  return NeedsApproval({.pending = pending, .recent = recent, .existing = existing});
}

TEST(NeedsApproval, ForMoreThanThreeAndMoreThanThirtyPercent) {
  EXPECT_FALSE(Asks(3, 4));
  EXPECT_TRUE(Asks(4, 13));
  EXPECT_FALSE(Asks(4, 14)) << "28.6 %";
  EXPECT_FALSE(Asks(30, 100)) << "not more than 30 %";
  EXPECT_TRUE(Asks(31, 100));
}

TEST(NeedsApproval, ForAllOfMoreThanOne) {
  EXPECT_TRUE(Asks(2, 2));
  EXPECT_TRUE(Asks(3, 3));
  EXPECT_FALSE(Asks(1, 1)) << "the last one may go";
  EXPECT_FALSE(Asks(2, 3));
}

TEST(NeedsApproval, CountsWhatWasDeletedLately) {
  EXPECT_FALSE(Asks(3, 10));
  EXPECT_TRUE(Asks(3, 10, 3)) << "6 of 13";
  EXPECT_TRUE(Asks(1, 1, 4)) << "all of five, one after the other";
  EXPECT_FALSE(Asks(0, 10, 5)) << "nothing is pending";
  EXPECT_FALSE(Asks(0, 0));
}

}  // namespace
}  // namespace tinyforge
