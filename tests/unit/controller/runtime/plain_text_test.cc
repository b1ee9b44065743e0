#include "controller/runtime/plain_text.h"

#include <gtest/gtest.h>

namespace tinyforge {
namespace {

TEST(PlainTextTest, KeepsWhatIsFitToBeShown) {
  EXPECT_EQ(PlainText("", 10), "");
  EXPECT_EQ(PlainText("a\tb\nü€😀", 100), "a\tb\nü€😀");
}

TEST(PlainTextTest, ReplacesEachByteThatIsNoCharacter) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(PlainText("a\xff"
                      "b",
                      100),
            "a" + r + "b");
  EXPECT_EQ(PlainText("\xC0\xAF", 100), r + r);          // overlong
  EXPECT_EQ(PlainText("\xED\xA0\x80", 100), r + r + r);  // surrogate
  EXPECT_EQ(PlainText("\xF4\x90\x80\x80", 100), r + r + r + r);
  EXPECT_EQ(PlainText("\xE2\x82", 100), r + r);  // cut off
  EXPECT_EQ(PlainText("\x1b[31m", 100), r + "[31m");
}

TEST(PlainTextTest, CutsBetweenCharacters) {
  EXPECT_EQ(PlainText("abcdef", 6), "abcdef");
  EXPECT_EQ(PlainText("abcdefg", 6), "abc…");
  EXPECT_EQ(PlainText("ab€defg", 7), "ab…");
  EXPECT_EQ(PlainText("abcd", 3), "…");
}

TEST(PlainTextTest, ALookTellsOfMostTextsThatTheyStayAsTheyAre) {
  EXPECT_TRUE(IsPlainText("branch main was pushed", 22));
  EXPECT_TRUE(IsPlainText("", 3));
  EXPECT_FALSE(IsPlainText("branch main was pushed", 21));
  EXPECT_FALSE(IsPlainText("a\x1b[31m", 100));
  EXPECT_FALSE(IsPlainText("\xff", 100));
}

}  // namespace
}  // namespace tinyforge
