#include "api-types/doc/yaml_scalar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tinyforge::doc {
namespace {

TEST(YamlScalar, StringsThatReadAsThemselvesStayPlain) {
  for (const char* value : {"1.4.2",
                            "v1.10",
                            "1.4.2-beta",
                            "latest",
                            "a b",
                            "a:b",
                            "a#b",
                            "12-alpine",
                            "1.2.3e4",
                            "sha-1f",
                            "RELEASE.2024-01-02",
                            "registry.example.com/shop",
                            "bookworm-20240101",
                            "-U",
                            "../full",
                            ":a",
                            "<a",
                            "=a",
                            "~a",
                            ".a",
                            "2024-01-02-1"}) {
    EXPECT_TRUE(ReadsAsItself(value, false)) << value;
    EXPECT_TRUE(ReadsAsItself(value, true)) << value;
  }
}

TEST(YamlScalar, WhatAnyReaderTakesForSomethingElseIsNotPlain) {
  for (const char* value :
       {"",    "1",   "1.10", "010",    "0x1",   "0o7",  "0b1",      "1e3",  "12e4567", "1E9",       "1_000", "1:30",
        "+1",  "-1",  ".5",   ".inf",   "-.inf", ".NaN", "+.5e1",    "---a", "...",     "-",         "?",     "on",
        "Off", "yes", "N",    "true",   "null",  "NULL", "~",        "=",    "<<",      "a: b",      "a #b",  "a:",
        " a",  "a ",  "- a",  "#a",     "*a",    "&a",   "!a",       "|",    ">",       "'a'",       "\"a",   "%a",
        "@a",  "`a",  "[a]",  "{a: b}", "a\tb",  "a\nb", "\xC3\xA9", "? a",  ": a",     "2024-01-02"})
    EXPECT_FALSE(ReadsAsItself(value, false)) << value;
  for (const char* value : {"a,b", "a]b", "a}b", "a[b", "a{b", "a?b"}) {
    EXPECT_TRUE(ReadsAsItself(value, false)) << value;
    EXPECT_FALSE(ReadsAsItself(value, true)) << value;
  }
}

TEST(YamlScalar, StyleIsKeptWhereItCanSayTheValue) {
  EXPECT_EQ(WriteScalar("1.4.2", ScalarStyle::Plain, false), "1.4.2");
  EXPECT_EQ(WriteScalar("1.10", ScalarStyle::Plain, false), "\"1.10\"");
  EXPECT_EQ(WriteScalar("it's", ScalarStyle::SingleQuoted, false), "'it''s'");
  EXPECT_EQ(WriteScalar("a\nb", ScalarStyle::SingleQuoted, false), "\"a\\nb\"");
  EXPECT_EQ(WriteScalar("a\"\\b", ScalarStyle::DoubleQuoted, false), "\"a\\\"\\\\b\"");
}

TEST(YamlScalar, WhateverIsWrittenReadsBack) {
  std::mt19937 random(7);
  const std::string alphabet = "aZ019.-_:#,[]{}?'\"\\ \t\n~*&!%@|>=e+/\x01";
  for (int round = 0; round < 20'000; ++round) {
    std::string value;
    for (auto left = random() % 8; left > 0; --left) value += alphabet[random() % alphabet.size()];
    const auto style = static_cast<ScalarStyle>(random() % 3);
    const bool flow = random() % 2 == 0;
    const std::string text =
        (flow ? "{k: " : "k: ") + WriteScalar(value, style, flow) + (flow ? ", l: m}" : "\nl: m\n");
    const auto parsed = ParseYaml({text, 1});
    ASSERT_TRUE(std::holds_alternative<Node>(parsed)) << text;
    const Node* node = std::get<Node>(parsed).Find("k");
    ASSERT_NE(node, nullptr) << text;
    EXPECT_EQ(node->type, Type::String) << text;
    EXPECT_EQ(node->text, value) << text;
    EXPECT_EQ(std::get<Node>(parsed).members.size(), 2U) << text;
  }
}

TEST(YamlScalar, SpansCoverQuotesAndNothingElse) {
  const std::string text = "a: \"x\\\"y\" # c\nb: 'it''s'\nc: v1  # c\nd: |\n  z\n";
  EXPECT_EQ(FindScalar(text, 3, "x\"y"), (ScalarSpan{3, 9, ScalarStyle::DoubleQuoted}));
  EXPECT_EQ(FindScalar(text, 17, "it's"), (ScalarSpan{17, 24, ScalarStyle::SingleQuoted}));
  EXPECT_EQ(FindScalar(text, 28, "v1"), (ScalarSpan{28, 30, ScalarStyle::Plain}));
  EXPECT_EQ(FindScalar(text, text.find('|'), "z\n"), std::nullopt);
  EXPECT_EQ(FindScalar("a: b\n  c", 3, "b c"), std::nullopt) << "folded";
  EXPECT_EQ(FindScalar("a: \"b", 3, "b"), std::nullopt) << "no end";
  EXPECT_EQ(FindScalar("a", 1, "b"), std::nullopt);
}

TEST(YamlScalar, MarksOutsideOfTheDocumentAreItsEnd) {
  const YamlText document{"a: 1\nb: 2\n", 5};
  EXPECT_EQ(OffsetOf(document, {6, 4}), 8U);
  EXPECT_EQ(OffsetOf(document, {4, 1}), 10U);
  EXPECT_EQ(OffsetOf(document, {9, 1}), 10U);
  EXPECT_EQ(OffsetOf(document, {}), 10U);
}

}  // namespace
}  // namespace tinyforge::doc
