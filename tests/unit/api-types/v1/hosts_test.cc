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

bool MayShare(const std::vector<std::vector<std::string>>& lists) {
  std::vector<const std::vector<std::string>*> pointers;
  for (const auto& list : lists) pointers.push_back(&list);
  return MayShareHost(pointers);
}

TEST(MayShareHost, ComparesNamesAndPatterns) {
  EXPECT_TRUE(MayShare({{}, {}}));
  EXPECT_TRUE(MayShare({{}, {"web1"}}));
  EXPECT_TRUE(MayShare({{"web1", "web2"}, {"web2"}}));
  EXPECT_FALSE(MayShare({{"web1"}, {"web2"}}));
  EXPECT_TRUE(MayShare({{"web*"}, {"db1", "web1"}}));
  EXPECT_FALSE(MayShare({{"web*"}, {"db1"}}));
}

TEST(MayShareHost, KnowsWhenTwoPatternsHaveNoNameInCommon) {
  EXPECT_FALSE(MayShare({{"web*"}, {"db*"}}));
  EXPECT_TRUE(MayShare({{"web*"}, {"*1"}}));
  EXPECT_TRUE(MayShare({{"*"}, {"?"}}));
  EXPECT_FALSE(MayShare({{"a?"}, {"a"}}));
  EXPECT_FALSE(MayShare({{"a*b"}, {"a*c"}}));
  EXPECT_TRUE(MayShare({{"*a*"}, {"*b*"}}));
  EXPECT_TRUE(MayShare({{"web-?"}, {"w*-1"}}));
  EXPECT_FALSE(MayShare({{"*-x", "y*"}, {"a*-z"}}));
}

TEST(MayShareHost, OfManyAllMustHaveOneInCommon) {
  EXPECT_FALSE(MayShare({{"web1", "web2"}, {"web2", "web3"}, {"web1", "web3"}}));
  EXPECT_TRUE(MayShare({{"web1", "web2"}, {"web*"}, {}, {"web2"}}));
  EXPECT_FALSE(MayShare({{"web*"}, {"*1"}, {"db*"}}));
}

}  // namespace
}  // namespace tinyforge::v1
