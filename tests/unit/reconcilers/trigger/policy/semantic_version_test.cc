#include "reconcilers/trigger/policy/semantic_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/trigger/policy/natural_order.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;

SemanticVersion Version(std::string_view text) {
  const auto version = SemanticVersion::Parse(text);
  EXPECT_TRUE(version) << text;
  return version.value_or(SemanticVersion{});
}

TEST(SemanticVersion, HasThreeNumbersAndPerhapsMore) {
  EXPECT_EQ(Version("1.2.3"), (SemanticVersion{"1", "2", "3", {}}));
  EXPECT_EQ(Version("v1.2.3"), Version("1.2.3"));
  EXPECT_THAT(Version("1.0.0-x.7.z.92").pre_release, ElementsAre("x", "7", "z", "92"));
  EXPECT_THAT(Version("1.0.0-x-y-z.--").pre_release, ElementsAre("x-y-z", "--"));
  EXPECT_EQ(Version("1.0.0-beta+exp.sha.5114f85"), Version("1.0.0-beta"));
  EXPECT_EQ(Version("1.0.0+21AF26D3---117B344092BD"), Version("1.0.0"));
}

// The lists of semver.org's FAQ, shortened.
TEST(SemanticVersion, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "1",
                           "1.2",
                           "1.2.3.4",
                           "1.2.3-0123",
                           "1.2.3-0123.0123",
                           "1.1.2+.123",
                           "+invalid",
                           "-invalid",
                           "alpha",
                           "alpha.1",
                           "1.0.0-alpha_beta",
                           "1.0.0-alpha..",
                           "1.0.0-alpha..1",
                           "01.1.1",
                           "1.01.1",
                           "1.1.01",
                           "1.2.3.DEV",
                           "1.2-SNAPSHOT",
                           "1.2.31.2.3----RC-SNAPSHOT.12.09.1",
                           "-1.0.3-gamma+b7718",
                           "+justmeta",
                           "9.8.7+meta+meta",
                           "1.2.3-",
                           "1.2.3+",
                           "vv1.2.3",
                           "v",
                           "V1.2.3",
                           " 1.2.3",
                           "1.2.3 ",
                           "1..3",
                           "latest",
                           "1.2.x"})
    EXPECT_FALSE(SemanticVersion::Parse(text)) << text;
}

TEST(SemanticVersion, IsOrderedAsTheSpecificationSays) {
  const std::vector<std::string> ascending = {"0.0.0-0",
                                              "0.0.0",
                                              "0.9.0",
                                              "1.0.0-0",
                                              "1.0.0-9",
                                              "1.0.0-10",
                                              "1.0.0-alpha",
                                              "1.0.0-alpha.1",
                                              "1.0.0-alpha.beta",
                                              "1.0.0-beta",
                                              "1.0.0-beta.2",
                                              "1.0.0-beta.11",
                                              "1.0.0-rc.1",
                                              "1.0.0",
                                              "1.9.0",
                                              "1.10.0",
                                              "1.11.0",
                                              "2.0.0",
                                              "2.1.0",
                                              "2.1.1",
                                              "2.1.18446744073709551616",
                                              "2.1.99999999999999999999999999",
                                              "18446744073709551616.0.0",
                                              "99999999999999999999.0.0",
                                              "100000000000000000000.0.0"};
  for (std::size_t a = 0; a < ascending.size(); ++a)
    for (std::size_t b = 0; b < ascending.size(); ++b)
      EXPECT_EQ(Version(ascending[a]) <=> Version(ascending[b]), a <=> b) << ascending[a] << " and " << ascending[b];
}

TEST(NaturalOrder, TakesRunsOfDigitsAsNumbers) {
  const std::vector<std::string> ascending = {"",
                                              "1",
                                              "2",
                                              "10",
                                              "a",
                                              "a01",
                                              "a1",
                                              "a1-1",
                                              "a2",
                                              "a10",
                                              "b",
                                              "v9",
                                              "v10",
                                              "v99999999999999999999",
                                              "v100000000000000000000"};
  for (std::size_t a = 0; a < ascending.size(); ++a)
    for (std::size_t b = 0; b < ascending.size(); ++b)
      EXPECT_EQ(CompareNatural(ascending[a], ascending[b]), a <=> b) << ascending[a] << " and " << ascending[b];
}

TEST(NaturalOrder, DecimalsCompareByValueWhateverTheirLength) {
  EXPECT_TRUE(CompareDecimal("007", "7") == 0);
  EXPECT_TRUE(CompareDecimal("0", "000") == 0);
  EXPECT_TRUE(CompareDecimal("9", "10") < 0);
  EXPECT_TRUE(CompareDecimal(std::string(200, '9'), "1" + std::string(200, '0')) < 0);
}

}  // namespace
}  // namespace tinyforge
