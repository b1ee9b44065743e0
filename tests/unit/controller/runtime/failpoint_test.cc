#include "controller/runtime/failpoint.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace tinyforge {
namespace {

TEST(Failpoint, IsNothingInAProduct) {
  ::setenv("TF_FAILPOINT", "a.b:error", 1);
  EXPECT_TRUE(Failpoint("a", ".b"));
  ::unsetenv("TF_FAILPOINT");
}

}  // namespace
}  // namespace tinyforge
