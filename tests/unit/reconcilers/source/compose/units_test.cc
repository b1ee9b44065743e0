#include "reconcilers/source/compose/units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/source/compose/paths.h"

namespace tinyforge::compose {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(ComposeUnits, Durations) {
  EXPECT_EQ(ParseTime("2.5s"), 2500ms);
  EXPECT_EQ(ParseTime("10s"), 10s);
  EXPECT_EQ(ParseTime("1m30s"), 90s);
  EXPECT_EQ(ParseTime("2h32m"), 152min);
  EXPECT_EQ(ParseTime("5h34m56s"), 5h + 34min + 56s);
  EXPECT_EQ(ParseTime("1500us"), 1500us);
  EXPECT_EQ(ParseTime("1d"), 24h);
  EXPECT_EQ(ParseTime("0"), 0ms);
  for (const char* wrong : {"", "5", "s", "5 s", "-5s", "5x", "1..5s", "9999999999999h"})
    EXPECT_EQ(ParseTime(wrong), std::nullopt) << wrong;
}

TEST(ComposeUnits, ByteValues) {
  EXPECT_EQ(ParseByteValue("2b"), 2);
  EXPECT_EQ(ParseByteValue("1024kb"), 1 << 20);
  EXPECT_EQ(ParseByteValue("2048k"), 2 << 20);
  EXPECT_EQ(ParseByteValue("300m"), 300 << 20);
  EXPECT_EQ(ParseByteValue("1gb"), 1 << 30);
  EXPECT_EQ(ParseByteValue("1.5G"), 1610612736);
  EXPECT_EQ(ParseByteValue("1MiB"), 1 << 20);
  EXPECT_EQ(ParseByteValue("4096"), 4096);
  for (const char* wrong : {"", "m", "1x", "1mm", "-1m", "1 2", "99999999p"})
    EXPECT_EQ(ParseByteValue(wrong), std::nullopt) << wrong;
}

TEST(ComposeUnits, WordsOfALine) {
  EXPECT_THAT(SplitWords("bundle exec  thin -p 3000"), Optional(ElementsAre("bundle", "exec", "thin", "-p", "3000")));
  EXPECT_THAT(SplitWords(R"(sh -c 'echo "a b"')"), Optional(ElementsAre("sh", "-c", "echo \"a b\"")));
  EXPECT_THAT(SplitWords(R"(a"b c"d "" e\ f)"), Optional(ElementsAre("ab cd", "", "e f")));
  EXPECT_THAT(SplitWords(R"("a\"b\n")"), Optional(ElementsAre("a\"b\\n")));
  EXPECT_THAT(SplitWords("a\n  b\n"), Optional(ElementsAre("a", "b")));
  EXPECT_THAT(SplitWords("a \\\n b"), Optional(ElementsAre("a", "b")));
  EXPECT_THAT(SplitWords("  "), Optional(IsEmpty()));
  for (const char* wrong : {"'a", "\"a", "a\\"}) EXPECT_EQ(SplitWords(wrong), std::nullopt) << wrong;
}

TEST(ComposeUnits, CleanPaths) {
  EXPECT_EQ(CleanPath("./a/../b//c/"), "b/c");
  EXPECT_EQ(CleanPath("../../a"), "../../a");
  EXPECT_EQ(CleanPath("a/../.."), "..");
  EXPECT_EQ(CleanPath("./"), ".");
  EXPECT_EQ(CleanPath("/../a/."), "/a");
  EXPECT_EQ(CleanPath("//"), "/");
}

}  // namespace
}  // namespace tinyforge::compose
