// The table holds the cases that node-semver documents, and those where its rules meet.
#include "reconcilers/trigger/policy/version_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "reconcilers/trigger/policy/range_parser.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;

struct RangeCase {
  std::string range;
  std::vector<std::string> admitted;
  std::vector<std::string> refused;
};

class VersionRangeTable : public ::testing::TestWithParam<RangeCase> {};

TEST_P(VersionRangeTable, AdmitsAndRefuses) {
  const auto range = VersionRange::Parse(GetParam().range);
  ASSERT_TRUE(range) << GetParam().range << ": " << range.error().message;
  for (const std::string& text : GetParam().admitted)
    EXPECT_TRUE((*range).Admits(*SemanticVersion::Parse(text))) << GetParam().range << " and " << text;
  for (const std::string& text : GetParam().refused)
    EXPECT_FALSE((*range).Admits(*SemanticVersion::Parse(text))) << GetParam().range << " and " << text;
}

INSTANTIATE_TEST_SUITE_P(
    Comparators, VersionRangeTable,
    ::testing::Values(RangeCase{">=1.2.7", {"1.2.7", "1.2.8", "2.5.3", "1.3.9"}, {"1.2.6", "1.1.0"}},
                      RangeCase{">=1.2.7 <1.3.0", {"1.2.7", "1.2.8", "1.2.99"}, {"1.2.6", "1.3.0", "1.1.0"}},
                      RangeCase{">=1.4.0, <2.0.0", {"1.4.0", "1.99.0"}, {"1.3.9", "2.0.0"}},
                      RangeCase{">=1.4.0,<2.0.0", {"1.4.0"}, {"2.0.0"}},
                      RangeCase{"1.2.7 || >=1.2.9 <2.0.0", {"1.2.7", "1.2.9", "1.4.6"}, {"1.2.8", "2.0.0"}},
                      RangeCase{"1.2.3||2.0.0", {"1.2.3", "2.0.0"}, {"1.2.4"}},
                      RangeCase{"  >=  1.2.3   <  2  ", {"1.2.3", "1.9.9"}, {"1.2.2", "2.0.0"}},
                      RangeCase{"=1.2.3", {"1.2.3", "v1.2.3"}, {"1.2.4", "1.2.3-rc.1"}},
                      RangeCase{"v1.2.3", {"1.2.3", "1.2.3+build"}, {"1.2.2"}},
                      RangeCase{">=v1.2.3+build", {"1.2.3"}, {"1.2.2"}},
                      RangeCase{"<=1.2.3", {"1.2.3", "0.0.0"}, {"1.2.4"}}, RangeCase{">1.2.3", {"1.2.4"}, {"1.2.3"}},
                      RangeCase{"<1.2.3 >1.2.4", {}, {"1.2.3", "1.2.4", "1.0.0", "2.0.0"}}));

INSTANTIATE_TEST_SUITE_P(
    OpenParts, VersionRangeTable,
    ::testing::Values(
        RangeCase{"*", {"0.0.0", "1.2.3", "99999999999999999999.0.0"}, {"1.0.0-rc.1"}}, RangeCase{"x", {"1.2.3"}, {}},
        RangeCase{">=*", {"1.2.3"}, {}}, RangeCase{"<*", {}, {"0.0.0", "0.0.0-0", "1.2.3"}},
        RangeCase{">x", {}, {"0.0.0", "9.9.9"}},
        RangeCase{"1.x", {"1.0.0", "1.99.99"}, {"0.9.9", "2.0.0", "2.0.0-alpha"}},
        RangeCase{"1", {"1.0.0", "1.99.99"}, {"2.0.0"}}, RangeCase{"1.x.3", {"1.0.0", "1.7.9"}, {"2.0.0"}},
        RangeCase{"1.2.x", {"1.2.0", "1.2.99"}, {"1.3.0", "1.1.9"}}, RangeCase{"1.2.*", {"1.2.0", "1.2.99"}, {"1.3.0"}},
        RangeCase{"=1.2", {"1.2.0", "1.2.99"}, {"1.3.0"}},
        RangeCase{"1.2.X || 2.x", {"1.2.3", "2.1.3"}, {"1.1.3", "3.1.3"}},
        RangeCase{">1", {"2.0.0"}, {"1.0.0", "1.9.9"}}, RangeCase{">1.2", {"1.3.0"}, {"1.2.8", "1.2.0"}},
        RangeCase{">=1.2", {"1.2.0", "1.2.8", "2.0.0"}, {"1.1.9"}},
        RangeCase{"<1.2", {"1.1.1"}, {"1.2.0", "1.2.0-rc.1"}}, RangeCase{"<=0.7.x", {"0.7.2", "0.6.2"}, {"0.8.0"}},
        RangeCase{"<=1", {"1.9.9"}, {"2.0.0"}}, RangeCase{"<1", {"0.9.9"}, {"1.0.0"}}));

INSTANTIATE_TEST_SUITE_P(Hyphens, VersionRangeTable,
                         ::testing::Values(RangeCase{"1.2.3 - 2.3.4", {"1.2.3", "2.0.0", "2.3.4"}, {"1.2.2", "2.3.5"}},
                                           RangeCase{"1.2 - 2.3.4", {"1.2.0", "2.3.4"}, {"1.1.9", "2.3.5"}},
                                           RangeCase{"1.2.3 - 2.3", {"2.3.99"}, {"2.4.0", "2.4.0-rc.1"}},
                                           RangeCase{"1.2.3 - 2", {"2.99.0"}, {"3.0.0", "1.2.2"}},
                                           RangeCase{"x - 1.0.0", {"0.0.0", "1.0.0"}, {"1.0.1"}},
                                           RangeCase{"1.0.0 - x", {"1.0.0", "99.0.0"}, {"0.9.9"}},
                                           RangeCase{"1 - 2 || 5.x", {"1.0.0", "2.9.9", "5.5.5"}, {"3.0.0", "6.0.0"}},
                                           RangeCase{"1.0.0-rc.1 - 2.0.0", {"1.0.0-rc.2", "1.5.0"}, {"1.5.0-rc.1"}}));

INSTANTIATE_TEST_SUITE_P(Tildes, VersionRangeTable,
                         ::testing::Values(RangeCase{"~1.2.3", {"1.2.3", "1.2.99"}, {"1.3.0", "1.2.2", "1.3.0-0"}},
                                           RangeCase{"~1.2", {"1.2.0", "1.2.99"}, {"1.3.0"}},
                                           RangeCase{"~1", {"1.0.0", "1.9.0"}, {"2.0.0"}},
                                           RangeCase{"~0.2.3", {"0.2.3", "0.2.9"}, {"0.3.0"}},
                                           RangeCase{"~0", {"0.9.0"}, {"1.0.0"}},
                                           RangeCase{"~1.2.3-beta.2",
                                                     {"1.2.3-beta.2", "1.2.3-beta.4", "1.2.3", "1.2.4"},
                                                     {"1.2.4-beta.2", "1.2.3-beta.1", "1.3.0"}},
                                           RangeCase{"~> 1.2", {"1.2.5"}, {"1.3.0"}}, RangeCase{"~x", {"1.2.3"}, {}},
                                           RangeCase{"~1.9999999999999999999",
                                                     {"1.9999999999999999999.1"},
                                                     {"1.10000000000000000000.0", "1.9999999999999999998.0"}}));

INSTANTIATE_TEST_SUITE_P(
    Carets, VersionRangeTable,
    ::testing::Values(
        RangeCase{"^1.2.3", {"1.2.3", "1.99.0"}, {"1.2.2", "2.0.0", "2.0.0-alpha"}},
        RangeCase{"^0.2.3", {"0.2.3", "0.2.9"}, {"0.3.0", "0.2.2"}}, RangeCase{"^0.0.3", {"0.0.3"}, {"0.0.4", "0.0.2"}},
        RangeCase{"^1.2.3-beta.2", {"1.2.3-beta.4", "1.3.0"}, {"1.2.4-beta.2", "2.0.0"}},
        RangeCase{"^0.0.3-beta", {"0.0.3-pr.2", "0.0.3"}, {"0.0.4", "0.0.3-alpha"}},
        RangeCase{"^1.2.x", {"1.2.0", "1.9.0"}, {"2.0.0"}}, RangeCase{"^0.0.x", {"0.0.0", "0.0.9"}, {"0.1.0"}},
        RangeCase{"^0.0", {"0.0.9"}, {"0.1.0"}}, RangeCase{"^0.1", {"0.1.9"}, {"0.2.0"}},
        RangeCase{"^1.x", {"1.0.0", "1.9.9"}, {"2.0.0"}}, RangeCase{"^0.x", {"0.0.0", "0.9.9"}, {"1.0.0"}},
        RangeCase{"^*", {"5.0.0"}, {}}, RangeCase{"^ 1.2", {"1.2.0"}, {"2.0.0"}},
        RangeCase{"^99999999999999999999.1", {"99999999999999999999.1.0"}, {"100000000000000000000.0.0"}}));

INSTANTIATE_TEST_SUITE_P(
    PreReleases, VersionRangeTable,
    ::testing::Values(
        RangeCase{">1.2.3-alpha.3", {"1.2.3-alpha.7", "1.2.3", "3.4.5"}, {"3.4.5-alpha.9", "1.2.3-alpha.3"}},
        RangeCase{">=1.5.0-rc", {"1.5.0-rc", "1.5.0-rc.1", "1.5.0"}, {"1.6.0-rc.1", "1.5.0-alpha"}},
        RangeCase{">=1.5.0-rc || ^2.0.0-beta", {"2.0.0-beta.3", "1.5.0-rc.2"}, {"2.0.1-beta", "1.9.0-rc"}},
        RangeCase{">=1.0.0 <2.0.0-rc.5", {"2.0.0-rc.4", "1.5.0"}, {"2.0.0-rc.5", "1.5.0-rc.1", "2.0.0"}},
        RangeCase{"1.2.3-rc.1", {"1.2.3-rc.1"}, {"1.2.3", "1.2.3-rc.2"}},
        RangeCase{"<2.0.0", {"1.9.9"}, {"2.0.0-rc.1", "1.9.9-rc.1"}}));

std::string Why(std::string_view text) {
  const auto range = VersionRange::Parse(text);
  return range ? "" : range.error().message;
}

TEST(VersionRange, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_EQ(Why(">=1.4.0 <a"), "at character 10: expected a number without leading zeros, x or *, got \"a\"");
  EXPECT_EQ(Why("1.x ||"), "at character 7: expected a version range; * admits any version, got the end");
  EXPECT_EQ(Why(""), "at character 1: expected a version range; * admits any version, got the end");
  EXPECT_THAT(Why("|| 1.x"), HasSubstr("at character 1: "));
  EXPECT_EQ(Why("1.02"), "at character 3: expected a number without leading zeros, x or *, got \"02\"");
  EXPECT_EQ(Why("1.2-rc"), "at character 4: expected all three numbers before a pre-release, got \"-rc\"");
  EXPECT_EQ(Why("1.2.3-rc..1"), "at character 6: expected a pre-release such as -rc.1, got \"-rc..1\"");
  EXPECT_EQ(Why("1.2.3 - 2.0.0 3"), "at character 15: expected || or the end after a hyphen range, got \"3\"");
  EXPECT_THAT(Why("^1 - 2"), HasSubstr("at character 4: expected a hyphen range to stand alone"));
  EXPECT_THAT(Why("latest"), HasSubstr("at character 1: "));
  EXPECT_THAT(Why("1.2.3.4"), HasSubstr("at character 6: expected a blank or the end"));
  for (const char* text : {"!=1.2.3", "== 1", ">", "1.2.3 |", "1 | 2", "~^1", "1.2.", ".1", ",1", "1.0.0+", "1.2.3-",
                           "- 1", "1 -", "1 -2", "\xff", "1.2.3-r\xc3\xa4", "@daily"})
    EXPECT_NE(Why(text), "") << text;
  EXPECT_EQ(Why("äääääääääää").back(), '"');
}

// What a short form admits is what its comparators say, whatever the numbers are.
TEST(VersionRange, ShortFormsAreBoundedByTheirParts) {
  std::mt19937 random(7);
  const auto number = [&] { return std::to_string(random() % 4); };
  for (int i = 0; i < 3000; ++i) {
    const std::string base = number() + "." + number() + "." + number();
    const auto version = *SemanticVersion::Parse(number() + "." + number() + "." + number());
    const bool tilde = (*VersionRange::Parse("~" + base)).Admits(version);
    const bool caret = (*VersionRange::Parse("^" + base)).Admits(version);
    const bool from = (*VersionRange::Parse(">=" + base)).Admits(version);
    const bool below = (*VersionRange::Parse("<" + base)).Admits(version);
    EXPECT_NE(from, below) << base;
    EXPECT_TRUE(from || (!tilde && !caret)) << base;
    if (base.front() != '0') {
      EXPECT_TRUE(caret || !tilde) << base;
    }
    EXPECT_EQ((*VersionRange::Parse(base + " || ~" + base)).Admits(version), tilde) << base;
  }
}

TEST(VersionRange, AnyTextIsReadOrRefused) {
  constexpr std::string_view kAlphabet = "0019.x*v^~<>=|- ,+rc\xc3";
  std::mt19937 random(11);
  int read = 0;
  for (int i = 0; i < 50000; ++i) {
    std::string text;
    for (std::size_t length = random() % 14; length > 0; --length) text += kAlphabet[random() % kAlphabet.size()];
    const auto range = VersionRange::Parse(text);
    if (range) {
      ++read;
      (*range).Admits({"1", "0", "0", {"rc"}});
    } else {
      EXPECT_THAT(range.error().message, HasSubstr("at character "));
    }
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace tinyforge
