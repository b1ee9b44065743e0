// The section "Env_file format" of the Compose Specification, a test a rule, and what compose-go adds to it.
#include "reconcilers/source/compose/env_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge::compose {
namespace {

using ::testing::HasSubstr;

std::optional<std::string> Outside(std::string_view name) {
  if (name == "OUTSIDE") return "from outside";
  return std::nullopt;
}

std::string Print(const Expected<EnvEntries>& entries) {
  if (!entries) return entries.error().message;
  std::string out;
  for (const auto& [name, value] : *entries) out += (out.empty() ? "" : "|") + name + (value ? "=" + *value : " unset");
  return out;
}

std::string Read(std::string_view text) {
  return Print(ParseEnvFile(text, Outside));
}

std::string ReadRaw(std::string_view text) {
  return Print(ParseRawEnvFile(text, Outside));
}

TEST(EnvFile, LinesThatBeginWithANumberSignAreComments) {
  EXPECT_EQ(Read("# a comment\nA=1\n  # another\nB=2\n#"), "A=1|B=2");
}

TEST(EnvFile, BlankLinesAreIgnored) {
  EXPECT_EQ(Read("\n\nA=1\n   \n\nB=2\n\n"), "A=1|B=2");
}

TEST(EnvFile, UnquotedValuesAreInterpolated) {
  EXPECT_EQ(Read("A=$OUTSIDE\nB=${NONE:-default}\nC=$$A"), "A=from outside|B=default|C=$A");
}

TEST(EnvFile, DoubleQuotedValuesAreInterpolated) {
  EXPECT_EQ(Read("A=\"<$OUTSIDE>\""), "A=<from outside>");
}

TEST(EnvFile, ValuesMayBeQuoted) {
  EXPECT_EQ(Read("A=VAL\nB=\"VAL\"\nC='VAL'"), "A=VAL|B=VAL|C=VAL");
}

TEST(EnvFile, AnInlineCommentAfterAnUnquotedValueFollowsASpace) {
  EXPECT_EQ(Read("A=VAL # comment\nB=VAL# not a comment"), "A=VAL|B=VAL# not a comment");
}

TEST(EnvFile, AnInlineCommentAfterAQuotedValueFollowsTheQuote) {
  EXPECT_EQ(Read("A=\"VAL # not a comment\"\nB=\"VAL\" # comment\nC='VAL'# comment\nD=1"),
            "A=VAL # not a comment|B=VAL|C=VAL|D=1");
}

TEST(EnvFile, SingleQuotedValuesAreLiteral) {
  EXPECT_EQ(Read("A='$OTHER'\nB='${OTHER}'\nC='some\\tvalue'"), "A=$OTHER|B=${OTHER}|C=some\\tvalue");
}

TEST(EnvFile, QuotesAreEscapedWithABackslash) {
  EXPECT_EQ(Read("A='Let\\'s go!'\nB=\"{\\\"hello\\\": \\\"json\\\"}\""), R"(A=Let's go!|B={"hello": "json"})");
}

TEST(EnvFile, DoubleQuotedValuesHaveEscapes) {
  EXPECT_EQ(Read(R"(A="some\tvalue\n\r\\")"), "A=some\tvalue\n\r\\");
  EXPECT_EQ(Read(R"(A="\a\b\f\v|\0101|\$OUTSIDE|\q\c")"), "A=\a\b\f\v|A|$OUTSIDE|\\q\\c");
}

TEST(EnvFile, UnquotedValuesHaveNoEscapes) {
  EXPECT_EQ(Read("A=some\\tvalue"), "A=some\\tvalue");
}

TEST(EnvFile, WithoutTextBehindTheEqualsSignTheValueIsEmpty) {
  EXPECT_EQ(Read("A=\nB=  \nC=\"\"\nD=1"), "A=|B=|C=|D=1");
}

TEST(EnvFile, ANameAloneHasItsValueFromOutside) {
  EXPECT_EQ(Read("OUTSIDE\nNONE\nA=1\nNONE2"), "OUTSIDE=from outside|NONE unset|A=1|NONE2 unset");
}

TEST(EnvFile, QuotedValuesMayHaveSeveralLines) {
  EXPECT_EQ(Read("A=\"one\ntwo\"\nB='three\n# four'\nC=5"), "A=one\ntwo|B=three\n# four|C=5");
}

TEST(EnvFile, ExportMayStandBefore) {
  EXPECT_EQ(Read("export A=1\nexport   OUTSIDE\nexported=2\nexport=3"), "A=1|OUTSIDE=from outside|exported=2|export=3");
}

TEST(EnvFile, AColonMayStandForTheEqualsSign) {
  EXPECT_EQ(Read("A: 1\nB:2"), "A=1|B=2");
}

TEST(EnvFile, BlanksAroundNameAndValueDoNotCount) {
  EXPECT_EQ(Read("  A =  1  \n\tB\t=\t'2'\t\n"), "A=1|B=2");
}

TEST(EnvFile, LinesMayEndWithCarriageReturns) {
  EXPECT_EQ(Read("A=1\r\nB=\"2\"\r\n\r\nOUTSIDE\r\n"), "A=1|B=2|OUTSIDE=from outside");
}

TEST(EnvFile, AByteOrderMarkDoesNotCount) {
  EXPECT_EQ(Read("\xEF\xBB\xBF"
                 "A=1"),
            "A=1");
}

TEST(EnvFile, EarlierLinesAreVariablesOfLaterOnes) {
  EXPECT_EQ(Read("A=1\nB=${A}2\nA=3\nC=$B$A"), "A=3|B=12|C=123");
}

TEST(EnvFile, VariablesFromOutsideGoBeforeEarlierLines) {
  EXPECT_EQ(Read("OUTSIDE=inside\nA=$OUTSIDE"), "OUTSIDE=inside|A=from outside");
}

TEST(EnvFile, TheLastOfANameStands) {
  EXPECT_EQ(Read("A=1\nB=2\nA=3"), "A=3|B=2");
}

TEST(EnvFile, ErrorsSayTheLine) {
  EXPECT_EQ(Read("A=1\n\nB C=2\n"), "3: a name has no blanks in it; write NAME=value, one a line");
  EXPECT_EQ(Read("A=\"1\n2\"\nB!=2\n"), "3: a name is made of letters, digits and _ . - [ ]; write NAME=value");
  EXPECT_EQ(Read("=1"), "1: a name is missing before the =");
  EXPECT_EQ(Read("A=1\nB=\"open\nC=2\n"), "2: the value of B has no closing \"");
  EXPECT_EQ(Read("A='x'y\n"), "1: only a comment may follow the closing quote of A");
  EXPECT_EQ(Read("# x\nA=${B:?missing}"), "2: the variable B must be set and not empty: missing");
}

TEST(EnvFile, WhatCouldPassForTheMarkOfASecretIsRefused) {
  EXPECT_EQ(Read("A=1\nB=\x01\x30\x02"), "2: a control character that no value can have");
  EXPECT_THAT(Read("A=\"\\0001\""), HasSubstr("a control character"));
  EXPECT_THAT(Read("A=\"\\0000\""), HasSubstr("a control character"));
}

// The Engine would make other characters of it: what runs would never be what was asked for.
TEST(EnvFile, WhatIsNotUtf8IsRefused) {
  EXPECT_EQ(Read("A=Gr\xC3\xBCn\nB=Gr\xFCn\n"), "2: not valid UTF-8; save the file as UTF-8");
  EXPECT_THAT(Read("A=\"\\0374\""), HasSubstr("ü"));  // an escape names a character, not a byte
}

TEST(EnvFile, ValuesAreBounded) {
  EXPECT_EQ(Read("A=" + std::string((128 << 10) + 1, 'x')),
            "1: with its variables the text has more than 131072 bytes");
  EXPECT_EQ(Read("A='" + std::string((128 << 10) + 1, 'x') + "'"), "1: the value of A has more than 128 KiB");
  std::string text = "A=" + std::string(128 << 10, 'x') + "\n";
  for (int i = 0; i < 40; ++i) text += "B" + std::to_string(i) + "=$A\n";
  EXPECT_EQ(Read(text), "33: the values have more than 4 MiB together");
}

TEST(RawEnvFile, ValuesAreTakenAsTheyAre) {
  EXPECT_EQ(ReadRaw("A=\"quoted\"\nB='$OTHER' # x\r\n# comment\n\nC= a=b \nOUTSIDE\nNONE"),
            "A=\"quoted\"|B='$OTHER' # x|C= a=b |OUTSIDE=from outside|NONE unset");
}

TEST(RawEnvFile, ErrorsSayTheLine) {
  EXPECT_EQ(ReadRaw("A=1\n=2"), "2: a name is missing before the =");
  EXPECT_EQ(ReadRaw("A=1\nB=Gr\xFCn"), "2: not valid UTF-8; save the file as UTF-8");
  EXPECT_EQ(ReadRaw("A B=1"), "1: a name has no blanks in it; write NAME=value");
}

// Each value between brackets, one that is taken as it is between braces.
std::string Values(std::string_view text, std::string_view name) {
  std::string out;
  for (const EnvValue& value : ValuesIn(text, name)) {
    const std::string says(text.substr(value.begin, value.end - value.begin));
    out += value.as_it_is ? "{" + says + "}" : "[" + says + "]";
  }
  return out;
}

TEST(EnvFile, WhereANameGetsItsValuesIsKnown) {
  EXPECT_EQ(Values("\xEF\xBB\xBFTAG=1\r\n#TAG=2\n export TAG : 3 # x\nTAGS=4\nTAG\nMY_TAG=5\n", "TAG"), "[1][3]");
  EXPECT_EQ(Values("TAG='1 # 2' # x\nTAG=\"${A}\"\nTAG=\nTAG=a#b", "TAG"), "{1 # 2}[${A}][a#b]");
  EXPECT_EQ(Values("TAG='1\n", "TAG"), "") << "over several lines";
  EXPECT_EQ(Values("", "TAG"), "");
}

TEST(SecretEnvFile, SetsWhatAnEnvFileSets) {
  const auto values = ParseSecretEnvFile("# of the shop\nexport A='x y'\nB=\"$A!\"\nC\nD=\n");
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_EQ(*values, (StringMap{{"A", "x y"}, {"B", "x y!"}, {"D", ""}}));
}

TEST(SecretEnvFile, AnErrorHoldsNothingOfTheText) {
  for (const std::string text : {"A=1\nhush it", "A=1\nhush=\"it", "A=1\nB=${A:+x}${C:?hush}"}) {
    const auto values = ParseSecretEnvFile(text);
    ASSERT_FALSE(values) << text;
    EXPECT_EQ(values.error().message, "line 2 is not of the form NAME=value of an env file") << text;
  }
  EXPECT_EQ(ParseSecretEnvFile("A=1\nhush\x01=it").error().message,
            "line 2: a control character that no value can have");
  EXPECT_EQ(ParseSecretEnvFile("A=1\nhush\xFC=it").error().message, "line 2: not valid UTF-8; save the file as UTF-8");
}

}  // namespace
}  // namespace tinyforge::compose
