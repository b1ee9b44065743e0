// Numbers that manifests write as text.
#include "api-types/codec/quantity.h"

#include <gtest/gtest.h>

namespace tinyforge::codec {
namespace {

TEST(ParseBytes, TakesTheSuffixesOfKubernetes) {
  EXPECT_EQ(ParseBytes("0"), 0);
  EXPECT_EQ(ParseBytes("1000"), 1000);
  EXPECT_EQ(ParseBytes("1k"), 1000);
  EXPECT_EQ(ParseBytes("1Ki"), 1024);
  EXPECT_EQ(ParseBytes("256Mi"), 268'435'456);
  EXPECT_EQ(ParseBytes("1.5Gi"), 1'610'612'736);
  EXPECT_EQ(ParseBytes("2e3"), 2000);
  EXPECT_EQ(ParseBytes("1E"), 1'000'000'000'000'000'000);
  EXPECT_EQ(ParseBytes("12E2"), 1200);
  EXPECT_EQ(ParseBytes("5000m"), 5);
  EXPECT_EQ(ParseBytes("7Ei"), 8'070'450'532'247'928'832);
}

TEST(ParseBytes, RefusesWhatIsNoWholeNumberOfBytes) {
  for (const char* text : {"",
                           "Mi",
                           ".",
                           "1.5",
                           "1m",
                           "-1",
                           "+1",
                           "1MB",
                           "1mi",
                           "1 Mi",
                           " 1",
                           "1Mi ",
                           "8Ei",
                           "10E",
                           "1e19",
                           "1e",
                           "1ee1",
                           "1e1.5",
                           "0x10",
                           "1..5",
                           "1234567890123456789",
                           "99999999999999999999999999999999999999999999",
                           "1e-30",
                           "1e99999999999",
                           "NaN",
                           "1Kib"})
    EXPECT_EQ(ParseBytes(text), std::nullopt) << text;
}

TEST(ParseCpus, CountsInBillionths) {
  EXPECT_EQ(ParseCpus("500m"), 500'000'000);
  EXPECT_EQ(ParseCpus("1.5"), 1'500'000'000);
  EXPECT_EQ(ParseCpus("2"), 2'000'000'000);
  EXPECT_EQ(ParseCpus("1n"), 1);
  EXPECT_EQ(ParseCpus("1u"), 1000);
  EXPECT_EQ(ParseCpus("0.5n"), std::nullopt);
  EXPECT_EQ(ParseCpus("10G"), std::nullopt);
}

TEST(FormatQuantity, ReadsBackTheSame) {
  for (const std::int64_t value : {0LL, 1LL, 1000LL, 1024LL, 1536LL, 268'435'456LL, 1'000'000'000LL, 1'234'567'890LL,
                                   9'223'372'036'854'775'807LL >> 10}) {
    EXPECT_EQ(ParseBytes(FormatBytes(value)), value) << FormatBytes(value);
    EXPECT_EQ(ParseCpus(FormatCpus(value)), value) << FormatCpus(value);
  }
  EXPECT_EQ(FormatBytes(268'435'456), "256Mi");
  EXPECT_EQ(FormatCpus(500'000'000), "500m");
  EXPECT_EQ(FormatCpus(2'000'000'000), "2");
}

TEST(ParseMode, TakesOctalText) {
  EXPECT_EQ(ParseMode("0644"), 0644);
  EXPECT_EQ(ParseMode("644"), 0644);
  EXPECT_EQ(ParseMode("04755"), 04755);
  for (const char* text : {"", "64", "0888", "-644", "010000", "rw-r--r--", "0o644"})
    EXPECT_EQ(ParseMode(text), std::nullopt) << text;
  for (const std::int64_t mode : {0, 0400, 0644, 0777, 01777, 07777})
    EXPECT_EQ(ParseMode(FormatMode(mode)), mode) << FormatMode(mode);
}

}  // namespace
}  // namespace tinyforge::codec
