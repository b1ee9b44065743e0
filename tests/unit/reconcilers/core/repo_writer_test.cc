#include "reconcilers/core/repo_writer.h"

#include <gtest/gtest.h>

namespace tinyforge {
namespace {

TEST(InstanceOf, LastLineNamesTheInstance) {
  EXPECT_EQ(InstanceOf("shop: 1 -> 2\n\nTinyforge-Instance: web 1\n"), "web 1");
  EXPECT_EQ(InstanceOf("shop: 1 -> 2\r\n\r\nTinyforge-Instance: web1\r\n\n"), "web1");
  EXPECT_EQ(InstanceOf("Tinyforge-Instance: web1"), "web1");
}

TEST(InstanceOf, EverythingElseIsSomebodyElses) {
  EXPECT_EQ(InstanceOf(""), "");
  EXPECT_EQ(InstanceOf("\n\n"), "");
  EXPECT_EQ(InstanceOf("shop: 1 -> 2\n"), "");
  EXPECT_EQ(InstanceOf("a\n\nTinyforge-Instance: web1\n\nSigned-off-by: me\n"), "");
  EXPECT_EQ(InstanceOf("Tinyforge-Instances: a"), "");
  EXPECT_EQ(InstanceOf("Tinyforge-Instance:a"), "");
}

}  // namespace
}  // namespace tinyforge
