#include "api-types/codec/line_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge::codec {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kText = "TAG=1.0\r\nimage: \"shop:1.0\"  # here\n\nlast";

LinePlace Place(std::string_view value, std::size_t from = 0) {
  const std::size_t at = kText.find(value, from);
  return PlaceOf(kText, at, at + value.size()).value_or(LinePlace());
}

TEST(LineEdit, APlaceIsWhatStandsAroundItOnItsLine) {
  EXPECT_EQ(Place("1.0"), (LinePlace{1, "TAG=", ""}));
  EXPECT_EQ(Place("1.0", 10), (LinePlace{2, "image: \"shop:", "\"  # here"}));
  EXPECT_EQ(Place("last"), (LinePlace{4, "", ""}));
  EXPECT_FALSE(PlaceOf(kText, 4, 12)) << "over the end of a line";
  EXPECT_FALSE(PlaceOf(kText, 4, kText.size() + 1));
}

TEST(LineEdit, OnlyTheBytesOfTheValueChange) {
  EXPECT_EQ(*EditOnLine(kText, {Place("1.0"), "1.10", "1.0"}), "TAG=1.10\r\nimage: \"shop:1.0\"  # here\n\nlast");
  EXPECT_EQ(*EditOnLine(kText, {Place("1.0", 10), "2", "1.0"}), "TAG=1.0\r\nimage: \"shop:2\"  # here\n\nlast");
  EXPECT_EQ(*EditOnLine(kText, {Place("last"), "first", {}}), "TAG=1.0\r\nimage: \"shop:1.0\"  # here\n\nfirst");
  EXPECT_EQ(*ReadOnLine(kText, Place("1.0", 10)), "1.0");
}

TEST(LineEdit, ALineThatSaysSomethingElseByNowIsLeft) {
  const LineEdit edit{Place("1.0", 10), "2", "1.0"};
  const auto told = [&](std::string_view text) {
    const auto edited = EditOnLine(text, edit);
    return edited ? *edited : edited.error().message;
  };
  EXPECT_EQ(told("TAG=1.0\nimage: \"shop:3\"  # here\n"), "line 2 says another value by now");
  EXPECT_THAT(told("TAG=1.0\n# new\nimage: \"shop:1.0\"  # here\n"), HasSubstr("line 2 is not what it was any more"));
  EXPECT_THAT(told("TAG=1.0"), HasSubstr("line 2 is not there any more"));
  EXPECT_FALSE(EditOnLine(kText, {Place("1.0"), "1\n2", {}}));
}

// A line that is shorter than what should stand around the value does not fit, however its ends read.
TEST(LineEdit, TheTextsAroundTheValueDoNotOverlap) {
  EXPECT_FALSE(ReadOnLine("aXa", {1, "aX", "Xa"}));
  EXPECT_EQ(*ReadOnLine("aXXa", {1, "aX", "Xa"}), "");
}

}  // namespace
}  // namespace tinyforge::codec
