// The guards before the YAML parser, the documents of a file, and the core schema.
#include "api-types/doc/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

#include "api-types/doc/json.h"

namespace tinyforge::doc {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Canonical JSON of all documents, or the error.
std::string Read(std::string_view text, const Limits& limits = {}) {
  const auto nodes = ParseYamlFile(text, limits);
  if (!nodes) return nodes.error().message;
  std::string out;
  for (const Node& node : *nodes) out += (out.empty() ? "" : " | ") + CanonicalJson(node);
  return out;
}

TEST(ParseYaml, TypesPlainScalarsByTheCoreSchema) {
  EXPECT_EQ(Read("[true, True, FALSE, yes, off, ~, null, Null]"), R"([true,true,false,"yes","off",null,null,null])");
  EXPECT_EQ(Read("[1, -1, +1, 0644, 0o17, 0x1F, 1.5, .5, 1., 1e3, -0.0, 123456789012345678901]"),
            "[1,-1,1,644,15,31,1.5,0.5,1,1000,0,123456789012345683968]");
  EXPECT_EQ(Read("['true', \"1\", 1_000, 1.2.3, 0x, ., -, +, e3, 12e, 5m, .inf, .nan, 1e999]"),
            R"(["true","1","1_000","1.2.3","0x",".","-","+","e3","12e","5m",".inf",".nan","1e999"])");
}

TEST(ParseYaml, KnowsWhereEverythingStands) {
  const auto documents = SplitYaml("# head\na: 1\n---\n\nb:\n  - c\n  - {d: e}\nf:\ng: 1\n");
  ASSERT_THAT(std::get<0>(documents), SizeIs(2));
  const auto parsed = ParseYaml(std::get<0>(documents)[1]);
  const Node& node = std::get<Node>(parsed);
  EXPECT_EQ(node.mark, (Mark{5, 1}));
  EXPECT_EQ(node.Find("b")->items[0].mark, (Mark{6, 5}));
  EXPECT_EQ(node.Find("b")->items[1].Find("d")->mark, (Mark{7, 9}));
  EXPECT_EQ(node.members[1].mark, (Mark{8, 1}));
  EXPECT_EQ(node.Find("f")->mark, (Mark{8, 1})) << "an empty value stands at its key";
}

TEST(ParseYaml, WhatHoldsNothingStandsWhereItBegins) {
  const auto documents = SplitYaml("a: 1\n...\n\xEF\xBB\xBF\n");
  ASSERT_THAT(std::get<0>(documents), SizeIs(2));
  const auto parsed = ParseYaml(std::get<0>(documents)[1]);
  EXPECT_EQ(std::get<Node>(parsed).type, Type::Null);
  EXPECT_EQ(std::get<Node>(parsed).mark, (Mark{3, 1}));
}

TEST(ParseYaml, SplitsDocumentsAtMarkersOnly) {
  EXPECT_EQ(Read("a: 1\n---\nb: 2\n...\n---\n# nothing\n---\nc: |\n  ---x\n  --- y\n"),
            R"({"a":1} | {"b":2} | {"c":"---x\n--- y\n"})");
  EXPECT_EQ(Read("--- {a: 1}\n--- [b]\n"), R"({"a":1} | ["b"])");
  EXPECT_EQ(Read("%YAML 1.2\n---\na: 1\n"), R"({"a":1})");
  EXPECT_EQ(Read("\xEF\xBB\xBF"
                 "a: 1\r\nb: 2\r\n---\r\nc: 3"),
            R"({"a":1,"b":2} | {"c":3})");
  EXPECT_EQ(Read("a: ---\nb: x---y\n---z: 1\n"), R"({"---z":1,"a":"---","b":"x---y"})");
}

TEST(ParseYaml, OneFaultyDocumentLeavesTheOthersReadable) {
  const auto documents = SplitYaml("a: 1\n---\nb: [\n---\nc: 3\n");
  const auto& texts = std::get<0>(documents);
  ASSERT_THAT(texts, SizeIs(3));
  EXPECT_TRUE(std::holds_alternative<Node>(ParseYaml(texts[0])));
  EXPECT_TRUE(std::holds_alternative<ParseError>(ParseYaml(texts[1])));
  EXPECT_TRUE(std::holds_alternative<Node>(ParseYaml(texts[2])));
}

TEST(ParseYaml, RefusesWhatHasMoreThanOneMeaning) {
  EXPECT_EQ(Read("a: &x 1\n"), "1:4: anchors (&name) are not supported; write the value out where it is used");
  EXPECT_EQ(Read("a: &x\n  b: 1\n"), "1:4: anchors (&name) are not supported; write the value out where it is used");
  EXPECT_EQ(Read("a: 1\nb: *x\n"), "2:4: aliases (*name) are not supported; write the value out");
  EXPECT_EQ(Read("a: {<<: {b: 1}}\n"), "1:5: merge keys (<<) are not supported; write the keys out");
  EXPECT_EQ(Read("a: !vault x\n"), "1:4: tags (!name) are not supported; remove the tag");
  EXPECT_EQ(Read("a: !!int \"1\"\n"), "1:4: tags (!name) are not supported; remove the tag");
  EXPECT_EQ(Read("a: !x\n  - 1\n"), "1:4: tags (!name) are not supported; remove the tag");
  EXPECT_EQ(Read("a: 1\nb: 2\na: 3\n"), "3:1: the key \"a\" stands twice in one mapping; first at line 1");
  EXPECT_EQ(Read("x: {a: 1, 'a': 3}\n"), "1:11: the key \"a\" stands twice in one mapping; first at line 1");
  EXPECT_EQ(Read("[a, b]: 1\n"), "1:1: a key of a mapping must be text");
  EXPECT_EQ(Read("? {a: b}\n: 1\n"), "1:3: a key of a mapping must be text");
  EXPECT_EQ(Read(": 1\n"), "1:1: a key of a mapping is empty");
}

TEST(ParseYaml, RefusesCharactersThatAreNotText) {
  EXPECT_EQ(Read("a: b\nc: \xC3(\n"), "2:4: the file is not valid UTF-8");
  for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80", "\xF0\x8F\xBF\xBF"})
    EXPECT_EQ(Read(std::string("x") + bad), "1:2: the file is not valid UTF-8");
  EXPECT_EQ(Read("é: \"ü€😀\"\n"), "{\"é\":\"ü€😀\"}");
  EXPECT_EQ(Read(std::string_view("a: \0", 4)),
            "1:4: a control character; write it as an escape in a double-quoted string");
  EXPECT_EQ(Read("a: \x1B[0m"), "1:4: a control character; write it as an escape in a double-quoted string");
  EXPECT_EQ(Read("a: 1\rb: 2"), "1:5: a carriage return without a line feed; end lines with a line feed");
  EXPECT_EQ(Read("a: \"\\e\\0\""), R"({"a":"\u001b\u0000"})");
}

TEST(ParseYaml, RefusesWhatExceedsTheLimits) {
  EXPECT_EQ(Read("a: 12345\n", {.bytes = 8}), "1:1: the file has 9 bytes; at most 8 are read");
  std::string many;
  for (int i = 0; i < 257; ++i) many += "---\na: 1\n";
  EXPECT_EQ(Read(many), "513:1: the file has more than 256 documents; split it");
  EXPECT_EQ(Read("[1, 2, 3]", {.nodes = 3}), "1:8: the document has more than 3 values; split it");
}

TEST(ParseYaml, BoundsTheDepthOfEveryNotation) {
  const std::string too_deep = "the document is nested deeper than 32 levels";
  const std::string open(32, '[');
  const std::string close(32, ']');
  EXPECT_EQ(Read(open + close), open + close);
  EXPECT_EQ(Read(open + "[" + close + "]"), "1:33: " + too_deep);
  std::string braces;
  for (int i = 0; i < 40; ++i) braces += "{a: ";
  EXPECT_EQ(Read("x: " + braces), "1:132: " + too_deep);
  std::string dashes;
  for (int i = 0; i < 40; ++i) dashes += "- ";
  EXPECT_THAT(Read(dashes + "x\n"), HasSubstr(too_deep));
  std::string block;
  for (int i = 0; i < 40; ++i) block += std::string(i, ' ') + "a:\n";
  EXPECT_THAT(Read(block), HasSubstr(too_deep));
  EXPECT_THAT(Read("a:\n  - b: [\"]\", ']', # ]\n" + open), HasSubstr(too_deep));
}

TEST(ParseYaml, BracketsInTextAreNoDepth) {
  const std::string brackets(100, '[');
  for (const std::string& text :
       {"a: |\n  " + brackets + "\n\n  " + brackets + "\nb: 1\n", "- a: >-\n    " + brackets + "\n  b: 1\n",
        "- |\n  " + brackets + "\n", "a: \"" + brackets + "\\\"" + brackets + "\"\n",
        "a: '" + brackets + "''" + brackets + "'\n", "# " + brackets + "\na: 1\n", "a: x" + brackets + "\n",
        "a: {b: '" + brackets + "', c: 1} # " + brackets + "\n", "a: \"x\n  " + brackets + "\"\n"})
    EXPECT_THAT(Read(text), ::testing::Not(HasSubstr("nested"))) << text;
}

std::size_t PeakKib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kPeakMib = 600;  // what is freed stays in the sanitizer's quarantine
#else
constexpr std::size_t kPeakMib = 100;
#endif

TEST(ParseYaml, HostileFilesCostLittle) {
  const std::size_t before = PeakKib();
  for (const std::string unit : {"[", "{", "- ", "? ", "[{", "{a: ", "\"", "'", "!", "&a ", "*a ", "|\n", ": ", "a:\n ",
                                 "[\n", "-\t", "%", "#"}) {
    std::string text;
    while (text.size() + unit.size() < (1U << 20)) text += unit;
    Read(text);
    Read("x: " + text.substr(8));
  }
  EXPECT_LT((PeakKib() - before) / 1024, kPeakMib);
}

}  // namespace
}  // namespace tinyforge::doc
