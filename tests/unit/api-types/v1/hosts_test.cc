// Which controllers run an object.
#include "api-types/v1/hosts.h"

#include <gtest/gtest.h>

namespace tinyforge::v1 {
namespace {

TEST(GlobMatches, KnowsStarAndQuestionMark) {
  EXPECT_TRUE(GlobMatches("web*", "web1"));
  EXPECT_TRUE(GlobMatches("web*", "web"));
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(GlobMatches("db-?", "db-1"));
  EXPECT_FALSE(GlobMatches("db-?", "db-"));
  EXPECT_FALSE(GlobMatches("web*", "www"));
  EXPECT_FALSE(GlobMatches("web", "web1"));
  EXPECT_FALSE(GlobMatches("a*b", "aXbc"));
  EXPECT_FALSE(GlobMatches("", "a"));
}

TEST(GlobMatches, IsNotExponential) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(5000, 'a')));
}

TEST(RunsOn, OmittedMeansAll) {
  EXPECT_TRUE(RunsOn({}, "web1"));
  EXPECT_TRUE(RunsOn({"db*", "web1"}, "web1"));
  EXPECT_FALSE(RunsOn({"db*"}, "web1"));
}

}  // namespace
}  // namespace tinyforge::v1
