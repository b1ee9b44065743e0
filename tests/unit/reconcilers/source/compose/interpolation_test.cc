// The page "Interpolation" of the Compose Specification, a test a rule, and what is refused.
#include "reconcilers/source/compose/interpolation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tinyforge::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::map<std::string, std::string, std::less<>> kVariables = {
    {"SET", "value"}, {"EMPTY", ""}, {"OTHER", "other"}, {"DOLLAR", "$SET"}, {"_a1", "low"}};

std::optional<std::string> Find(std::string_view name) {
  const auto found = kVariables.find(name);
  if (found == kVariables.end()) return std::nullopt;
  return found->second;
}

// The result, or the message of the error.
std::string Expand(std::string_view text) {
  Interpolation with{Find};
  const auto result = Interpolate(text, with);
  return result ? *result : result.error().message;
}

std::set<std::string> Unset(std::string_view text) {
  Interpolation with{Find};
  EXPECT_TRUE(Interpolate(text, with));
  return with.unset;
}

TEST(Interpolation, ANameAloneIsItsValue) {
  EXPECT_EQ(Expand("a $SET b"), "a value b");
}

TEST(Interpolation, ANameInBracesIsItsValue) {
  EXPECT_EQ(Expand("a${SET}b"), "avalueb");
}

TEST(Interpolation, ANameEndsAtTheFirstCharacterThatIsNoneOfItsOwn) {
  EXPECT_EQ(Expand("$SET-$_a1.$SET/x"), "value-low.value/x");
}

TEST(Interpolation, ANameMayBeInAnyCase) {
  EXPECT_EQ(Expand("$_a1 ${_a1} $_A1"), "low low ");
}

TEST(Interpolation, ColonMinusIsTheDefaultWhereUnset) {
  EXPECT_EQ(Expand("${NONE:-default}"), "default");
}

TEST(Interpolation, ColonMinusIsTheDefaultWhereEmpty) {
  EXPECT_EQ(Expand("${EMPTY:-default}"), "default");
}

TEST(Interpolation, ColonMinusIsTheValueWhereThereIsOne) {
  EXPECT_EQ(Expand("${SET:-default}"), "value");
}

TEST(Interpolation, MinusIsTheDefaultOnlyWhereUnset) {
  EXPECT_EQ(Expand("[${NONE-default}] [${EMPTY-default}] [${SET-default}]"), "[default] [] [value]");
}

TEST(Interpolation, ColonQuestionMarkIsAnErrorWhereUnsetOrEmpty) {
  EXPECT_EQ(Expand("${NONE:?say it}"), "the variable NONE must be set and not empty: say it");
  EXPECT_EQ(Expand("${EMPTY:?say it}"), "the variable EMPTY must be set and not empty: say it");
  EXPECT_EQ(Expand("${SET:?say it}"), "value");
}

TEST(Interpolation, QuestionMarkIsAnErrorOnlyWhereUnset) {
  EXPECT_EQ(Expand("${NONE?say it}"), "the variable NONE must be set: say it");
  EXPECT_EQ(Expand("${NONE?}"), "the variable NONE must be set");
  EXPECT_EQ(Expand("[${EMPTY?say it}]"), "[]");
}

TEST(Interpolation, ColonPlusIsTheTextWhereSetAndNotEmpty) {
  EXPECT_EQ(Expand("[${SET:+text}] [${EMPTY:+text}] [${NONE:+text}]"), "[text] [] []");
}

TEST(Interpolation, PlusIsTheTextWhereSet) {
  EXPECT_EQ(Expand("[${SET+text}] [${EMPTY+text}] [${NONE+text}]"), "[text] [text] []");
}

TEST(Interpolation, NestedInADefault) {
  EXPECT_EQ(Expand("${NONE:-${OTHER}}"), "other");
  EXPECT_EQ(Expand("${NONE:-${NEITHER:-deep}}!"), "deep!");
}

TEST(Interpolation, NestedInAnError) {
  EXPECT_EQ(Expand("${NONE?$OTHER}"), "the variable NONE must be set: other");
}

TEST(Interpolation, ATextThatIsNotUsedIsNotLookedAt) {
  EXPECT_EQ(Expand("${SET:-${NONE:?never}}"), "value");
  EXPECT_THAT(Unset("${SET:-$NONE}"), IsEmpty());
}

TEST(Interpolation, TwoDollarSignsAreOne) {
  EXPECT_EQ(Expand("$$SET $${SET} $$$SET $$"), "$SET ${SET} $value $");
}

TEST(Interpolation, ADollarSignBeforeAnythingElseStandsForItself) {
  EXPECT_EQ(Expand("$ $1 $! cost: 5$"), "$ $1 $! cost: 5$");
}

TEST(Interpolation, AValueIsNotInterpolatedAgain) {
  EXPECT_EQ(Expand("$DOLLAR ${NONE:-$DOLLAR}"), "$SET $SET");
}

TEST(Interpolation, AnUnsetVariableIsEmptyAndNoted) {
  EXPECT_EQ(Expand("[$NONE] [${NEITHER}]"), "[] []");
  EXPECT_THAT(Unset("[$NONE] [${NEITHER}] ${A-} ${B:+x} $SET"), ElementsAre("NEITHER", "NONE"));
}

TEST(Interpolation, OtherFormsOfShellsAreRefused) {
  EXPECT_THAT(Expand("${SET/foo/bar}"), HasSubstr("${SET is followed by none of"));
  EXPECT_THAT(Expand("${SET:0:1}"), HasSubstr("${SET is followed by none of"));
  EXPECT_THAT(Expand("${SET }"), HasSubstr("${SET is followed by none of"));
}

TEST(Interpolation, BracesWithoutANameAreRefused) {
  EXPECT_THAT(Expand("${}"), HasSubstr("must be followed by the name"));
  EXPECT_THAT(Expand("${1}"), HasSubstr("must be followed by the name"));
  EXPECT_THAT(Expand("${#SET}"), HasSubstr("must be followed by the name"));
}

TEST(Interpolation, BracesThatStayOpenAreRefused) {
  EXPECT_EQ(Expand("a ${SET b"), "${SET is not closed: a } is missing; write $$ for a dollar sign");
  EXPECT_THAT(Expand("${NONE:-${SET}"), HasSubstr("${NONE is not closed"));
}

TEST(Interpolation, BracesOfADefaultCountInPairs) {
  EXPECT_EQ(Expand(R"(${NONE:-{"a":{"b":1}}} and ${SET})"), R"({"a":{"b":1}} and value)");
  EXPECT_EQ(Expand("${NONE:-{}}"), "{}");
}

TEST(Interpolation, OperatorsBelongToTheNameBeforeThem) {
  EXPECT_EQ(Expand("${NONE:-a:?b-c+d}"), "a:?b-c+d");
  EXPECT_EQ(Expand("${NONE-:-x}"), ":-x");
}

TEST(Interpolation, NestingIsBounded) {
  std::string text;
  for (int i = 0; i < 17; ++i) text += "${NONE:-";
  text += std::string(17, '}');
  EXPECT_EQ(Expand(text), "variables are nested deeper than 16 levels");
  EXPECT_EQ(Expand(text.substr(8, text.size() - 9)), "");
}

TEST(Interpolation, TheResultIsBounded) {
  Interpolation with{Find, 12};
  EXPECT_EQ(*Interpolate("$SET $SET", with), "value value");
  EXPECT_EQ(Interpolate("$SET $SET$SET", with).error().message, "with its variables the text has more than 12 bytes");
}

std::string Parts(std::string_view text) {
  std::string out;
  const TextParts parts = PartsOf(text);
  for (const auto& [begin, end] : parts.literals) out += "[" + std::string(text.substr(begin, end - begin)) + "]";
  for (const std::string& name : parts.variables) out += " " + name;
  return out;
}

TEST(Interpolation, ATextFallsIntoLiteralsDefaultsAndVariables) {
  EXPECT_EQ(Parts("shop:1.0"), "[shop:1.0]");
  EXPECT_EQ(Parts("$REG/shop:v${TAG:-1.0}-slim"), "[/shop:v][1.0][-slim] REG TAG");
  EXPECT_EQ(Parts("${A:-x${B-y}z}${C:+c}${D:?why}${E}"), "[x][y][z][c] A B C D E");
  EXPECT_EQ(Parts("a$$b$1"), "[a][b][1]");
  EXPECT_EQ(Parts("a${A"), "[a] A");
}

TEST(Interpolation, PartsOfWhatIsNestedWithoutEndAreBounded) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "${NONE:-";
  text += std::string(10'000, '}');
  EXPECT_LT(PartsOf(text).variables.size(), 20U);
}

}  // namespace
}  // namespace tinyforge::compose
