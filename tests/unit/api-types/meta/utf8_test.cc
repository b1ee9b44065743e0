#include "api-types/meta/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace tinyforge {
namespace {

// Before, in the middle of and at the end of each range of table 3-7.
TEST(Utf8, WellFormedSequencesHaveALength) {
  for (const std::string_view good : {"a", "\x7F", "\xC2\x80", "é", "\xDF\xBF", "\xE0\xA0\x80", "€", "\xED\x9F\xBF",
                                      "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "😀", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(Utf8SequenceLength(good), good.size()) << good;
    EXPECT_EQ(Utf8SequenceLength(std::string(good) + "\xFF"), good.size()) << good;
  }
}

TEST(Utf8, NothingElseHasOne) {
  for (const std::string_view bad :
       {"", "\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xE2\x82", "\xE2(\xAC", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(Utf8SequenceLength(bad), 0U);
  }
}

TEST(Utf8, TheFirstByteThatIsNoneIsFound) {
  EXPECT_EQ(FindNonUtf8(""), std::string_view::npos);
  EXPECT_EQ(FindNonUtf8("Grün €"), std::string_view::npos);
  EXPECT_EQ(FindNonUtf8("ü\xFCü"), 2U);
  EXPECT_EQ(FindNonUtf8("a\xE2\x82"), 1U);
}

}  // namespace
}  // namespace tinyforge
