#include <gmock/gmock.h>

#include "tests/unit/controller/tfctl/tfctl_fixture.h"

namespace tinyforge::tfctl {
namespace {

using testing::HasSubstr;
using testing::Not;
using GetTest = TfctlTest;

TEST_F(GetTest, WorkloadsTableSaysWhyOneIsNotReady) {
  AddShopAndApi();
  EXPECT_EQ(Run({"get", "workloads"}), kDone);
  EXPECT_EQ(out,
            "NAME   READY   STATUS          REVISION   AGE   MESSAGE\n"
            "api    0/1     RolloutFailed   4f2a9c1    3m    exit code 3: no such table users; version 1.1 keeps serving\n"
            "shop   2/2     Ready           4f2a9c1    42m\n");
  EXPECT_EQ(err, "");
}

}  // namespace
}  // namespace tinyforge::tfctl
