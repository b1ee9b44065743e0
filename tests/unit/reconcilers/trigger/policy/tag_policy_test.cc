#include "reconcilers/trigger/policy/tag_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::unique_ptr<const TagPolicy> Make(const v1::TagPolicy& spec) {
  auto made = ParseTagPolicy(spec);
  if (const auto* problem = std::get_if<v1::Problem>(&made))
    ADD_FAILURE() << problem->field << ": " << problem->message;
  return std::get<0>(std::move(made));
}

v1::Problem ProblemOf(const v1::TagPolicy& spec) {
  const auto made = ParseTagPolicy(spec);
  const auto* problem = std::get_if<v1::Problem>(&made);
  return problem ? *problem : v1::Problem{"", "valid"};
}

std::vector<TagRecord> Tags(const std::vector<std::string>& names) {
  std::vector<TagRecord> records;
  for (const std::string& name : names) records.push_back({.tag = name});
  return records;
}

std::string Best(const v1::TagPolicy& spec, const std::vector<std::string>& names) {
  const TagChoice choice = Make(spec)->Choose(Tags(names));
  return choice.best ? choice.best->tag : "";
}

SysTime At(int seconds) {
  return SysTime(std::chrono::seconds(seconds));
}

TEST(SemverPolicy, TakesTheHighestVersionInTheRange) {
  const v1::TagPolicy spec = {.semver = ">=1.4.0 <2.0.0"};
  EXPECT_EQ(Best(spec, {"1.4.2", "1.10.0", "1.9.9", "2.0.0", "latest", "1.99", "1"}), "1.10.0");
  EXPECT_EQ(Best(spec, {"v1.4.2", "1.4.1"}), "v1.4.2");
  EXPECT_EQ(Best(spec, {"1.3.0", "2.0.0"}), "");
  EXPECT_EQ(Best(spec, {}), "");
  EXPECT_EQ(Best({.semver = "*"}, {"18446744073709551616.0.0", "18446744073709551615.9.9"}),
            "18446744073709551616.0.0");
}

TEST(SemverPolicy, BuildMetadataIsIgnoredInOrderAndKeptInTheTag) {
  EXPECT_EQ(Best({.semver = "1.x"}, {"1.0.0+a", "1.0.1+b", "1.0.1-rc.1+z"}), "1.0.1+b");
  // The order of the registry's list decides nothing.
  EXPECT_EQ(Best({.semver = "1.x"}, {"1.0.1", "v1.0.1", "1.0.1+b"}),
            Best({.semver = "1.x"}, {"1.0.1+b", "v1.0.1", "1.0.1"}));
}

TEST(SemverPolicy, SaysWhatWasPassedOverAndWhy) {
  const TagChoice choice =
      Make({.semver = "^1.4"})->Choose(Tags({"1.4.2", "1.5.0-rc.1", "1.6.0", "2.0.0", "3.0.0", "latest"}));
  ASSERT_TRUE(choice.best);
  EXPECT_EQ(choice.best->tag, "1.6.0");
  EXPECT_EQ(choice.why,
            "1.6.0: the best of 2 of 6 tags by semver \"^1.4\"; 1 a pre-release that the range does not name; 1 not a "
            "version (MAJOR.MINOR.PATCH); 2 out of the range");
}

TEST(SemverPolicy, AdmitsByNameAlone) {
  const auto policy = Make({.semver = "^1.4"});
  EXPECT_TRUE(policy->Admits("v1.5.0"));
  EXPECT_FALSE(policy->Admits("1.5.0-rc.1"));
  EXPECT_FALSE(policy->Admits("latest"));
  EXPECT_EQ(policy->OnlyTag(), "");
  EXPECT_FALSE(policy->NeedsDates());
}

TEST(GlobPolicy, TakesTheHighestOfWhatThePatternMatches) {
  EXPECT_EQ(Best({.glob = "release-*"}, {"release-9", "release-10", "release-", "nightly-99"}), "release-10");
  EXPECT_EQ(Best({.glob = "release-*", .order = v1::TagOrder::Alphabetical}, {"release-9", "release-10"}), "release-9");
  EXPECT_EQ(Best({.glob = "*", .order = v1::TagOrder::Numeric}, {"9", "10", "x", "010"}), "10");
  EXPECT_EQ(Best({.glob = "1.?"}, {"1.2", "1.10", "1.9"}), "1.9");
}

TEST(RegexPolicy, OrdersByACapture) {
  const std::vector<std::string> tags = {"main-9-aa", "main-10-bb", "dev-99-cc", "main-x-dd"};
  EXPECT_EQ(Best({.regex = "^main-([0-9]+)-"}, tags), "main-10-bb");
  EXPECT_EQ(Best({.regex = "^main-(.+)-", .order = v1::TagOrder::Numeric}, tags), "main-10-bb");
  EXPECT_EQ(Best({.regex = "^main-([0-9]+)-", .order = v1::TagOrder::Alphabetical}, tags), "main-9-aa");
  EXPECT_EQ(Best({.regex = "^main-(?P<n>[0-9]+)-(?P<sha>.*)$", .capture = "sha"}, {"main-2-aa", "main-1-bb"}),
            "main-1-bb");
  EXPECT_EQ(Best({.regex = "^main-(?P<n>[0-9]+)-(?P<sha>.*)$", .capture = "2"}, {"main-2-aa", "main-1-bb"}),
            "main-1-bb");
  EXPECT_EQ(Best({.regex = "^v[0-9]+$"}, {"v9", "v10", "v10x"}), "v10");
  EXPECT_EQ(Best({.regex = "^v([0-9]+)?"}, {"v", "v1"}), "v1");
  EXPECT_EQ(Best({.regex = "-([0-9]{14})-", .order = v1::TagOrder::Numeric},
                 {"a-20260101000000-x", "b-20260102000000-x", "b-2026-x"}),
            "b-20260102000000-x");
}

TEST(RegexPolicy, SaysWhatItPassedOver) {
  const TagChoice choice =
      Make({.regex = "^b-(.*)$", .order = v1::TagOrder::Numeric})->Choose(Tags({"b-x", "c-1", "b-"}));
  EXPECT_FALSE(choice.best);
  EXPECT_EQ(choice.why,
            "none of 3 tags by regex \"^b-(.*)$\"; 1 not matched by the expression; 2 whose capture is not a number");
}

TEST(NewestPolicy, TakesTheLastByDate) {
  const auto policy = Make({.newest = true});
  EXPECT_TRUE(policy->NeedsDates());
  EXPECT_TRUE(policy->Admits("anything"));
  const std::vector<TagRecord> tags = {{.tag = "b", .created = At(2)}, {.tag = "a", .created = At(3)}, {.tag = "z"}};
  const TagChoice choice = policy->Choose(tags);
  EXPECT_EQ(choice.best->tag, "a");
  EXPECT_THAT(choice.why, HasSubstr("1 without a known date of creation"));
  EXPECT_EQ(policy->Choose(std::vector<TagRecord>{{.tag = "v9", .created = At(1)}, {.tag = "v10", .created = At(1)}})
                .best->tag,
            "v10");
}

TEST(DigestPolicy, FollowsOneTag) {
  const auto policy = Make({.digest = "stable"});
  EXPECT_EQ(policy->OnlyTag(), "stable");
  EXPECT_TRUE(policy->Admits("stable"));
  EXPECT_FALSE(policy->Admits("stable-2"));
  const std::vector<TagRecord> tags = {{.tag = "latest", .digest = "sha256:1"},
                                       {.tag = "stable", .digest = "sha256:2"}};
  EXPECT_EQ(policy->Choose(tags).best->digest, "sha256:2");
  EXPECT_THAT(policy->Choose(Tags({"stable"})).why, HasSubstr("1 whose digest is not known"));
}

TEST(TagPolicy, WhatIsWrongIsNamedByFieldAndPlace) {
  EXPECT_EQ(ProblemOf({.semver = ">=1.4.0 <a"}),
            (v1::Problem{"semver", "at character 10: expected a number without leading zeros, x or *, got \"a\""}));
  EXPECT_EQ(ProblemOf({.regex = "^v[0-9+$"}).field, "regex");
  EXPECT_THAT(ProblemOf({.regex = "^v[0-9+$"}).message, StartsWith("at character 3: expected an RE2 expression, got"));
  EXPECT_THAT(ProblemOf({.regex = "(?<=a)b"}).message, HasSubstr("expected an RE2 expression"));
  EXPECT_EQ(ProblemOf({.regex = "v(?P<a>.)", .capture = "b"}),
            (v1::Problem{"capture", "no group \"b\": expected a number from 1 to 1 or a"}));
  EXPECT_EQ(ProblemOf({.regex = "v.*", .capture = "1"}).field, "capture");
  EXPECT_EQ(ProblemOf({.regex = "(v)", .capture = "0"}).field, "capture");
  EXPECT_EQ(ProblemOf({.regex = "(v)", .capture = "99999999999999999999"}).field, "capture");
  EXPECT_EQ(ProblemOf({.regex = std::string(513, 'a')}),
            (v1::Problem{"regex", "has 513 bytes; at most 512 are allowed"}));
  EXPECT_EQ(ProblemOf({.glob = std::string(513, '*')}).field, "glob");
  EXPECT_EQ(ProblemOf({}).message, "expected exactly one of semver, glob, regex, newest and digest");
}

TEST(TagPolicy, AnExpressionThatGrowsWithoutBoundsIsRefused) {
  EXPECT_THAT(ProblemOf({.regex = "((((a{100}){100}){100}){100}){100}"}).field, "regex");
}

// Whatever the order of the list, the same tag is chosen; and it is admitted.
TEST(TagPolicy, TheOrderOfTheListDecidesNothing) {
  std::vector<TagRecord> tags = {{"1.0.0", "sha256:1", At(5)},     {"v1.0.0", "sha256:2", At(5)},
                                 {"1.0.0+a", "sha256:3", At(5)},   {"1.2.0-rc.1", "sha256:4", At(9)},
                                 {"1.1.0", "sha256:5", At(1)},     {"latest", "sha256:6", At(9)},
                                 {"build-007", "sha256:7", At(9)}, {"build-7", "sha256:8", At(9)}};
  std::mt19937 random(3);
  for (const v1::TagPolicy& spec :
       {v1::TagPolicy{.semver = "^1.0"}, v1::TagPolicy{.glob = "*"}, v1::TagPolicy{.newest = true},
        v1::TagPolicy{.regex = "^build-(.*)", .order = v1::TagOrder::Numeric}, v1::TagPolicy{.digest = "latest"}}) {
    const auto policy = Make(spec);
    const auto first = policy->Choose(tags).best;
    ASSERT_TRUE(first);
    EXPECT_TRUE(policy->Admits(first->tag));
    for (int i = 0; i < 50; ++i) {
      std::ranges::shuffle(tags, random);
      EXPECT_EQ(policy->Choose(tags).best, first) << policy->ToString();
    }
  }
}

}  // namespace
}  // namespace tinyforge
