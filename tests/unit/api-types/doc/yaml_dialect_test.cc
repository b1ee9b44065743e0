// What compose files may use of YAML: anchors, aliases, merge keys, two tags, and the bounds of their expansion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api-types/doc/json.h"
#include "api-types/doc/yaml.h"

namespace tinyforge::doc {
namespace {

using ::testing::HasSubstr;

std::variant<Node, ParseError> Parse(std::string_view text, const Limits& limits = {}) {
  return ParseYaml({text, 1}, limits, Dialect::Compose);
}

// Canonical JSON, or "<line>:<column>: <message>".
std::string Read(std::string_view text, const Limits& limits = {}) {
  const auto parsed = Parse(text, limits);
  if (const auto* error = std::get_if<ParseError>(&parsed))
    return std::to_string(error->mark.line) + ":" + std::to_string(error->mark.column) + ": " + error->message;
  return CanonicalJson(std::get<Node>(parsed));
}

TEST(ComposeYaml, AliasesStandForTheirAnchors) {
  EXPECT_EQ(Read("a: &x {b: [1, two]}\nc: *x\nd: [*x, &y 3, *y]\n"),
            R"({"a":{"b":[1,"two"]},"c":{"b":[1,"two"]},"d":[{"b":[1,"two"]},3,3]})");
  EXPECT_EQ(Read("a: &x\nb: *x\nc: &z |\n  text\nd: *z\n"), R"({"a":null,"b":null,"c":"text\n","d":"text\n"})");
}

TEST(ComposeYaml, AnAnchorMayBeGivenAgain) {
  EXPECT_EQ(Read("a: &x 1\nb: *x\nc: &x 2\nd: *x\n"), R"({"a":1,"b":1,"c":2,"d":2})");
}

TEST(ComposeYaml, AliasesMayBeKeys) {
  EXPECT_EQ(Read("&k key: 1\nb: {*k : 2}\n"), R"({"b":{"key":2},"key":1})");
  EXPECT_EQ(Read("a: &k [1]\n*k : 2\n"), "2:1: a key of a mapping must be text");
}

TEST(ComposeYaml, MergeKeysGiveWhatTheMappingLacks) {
  EXPECT_EQ(Read("base: &b {x: 1, y: 2}\na:\n  y: 3\n  <<: *b\n  z: 4\n"),
            R"({"a":{"x":1,"y":3,"z":4},"base":{"x":1,"y":2}})");
  EXPECT_EQ(Read("a: {<<: {x: 1}, y: 2}\n"), R"({"a":{"x":1,"y":2}})");
}

TEST(ComposeYaml, OfSeveralMergedMappingsTheFirstGoesBefore) {
  EXPECT_EQ(Read("- &a {x: 1, y: 1}\n- &b {y: 2, z: 2}\n- {<<: [*a, *b], w: 0}\n"),
            R"([{"x":1,"y":1},{"y":2,"z":2},{"w":0,"x":1,"y":1,"z":2}])");
}

TEST(ComposeYaml, MergedMappingsMayHaveMergedThemselves) {
  EXPECT_EQ(Read("- &a {x: 1}\n- &b {<<: *a, y: 2}\n- {<<: *b, z: 3}\n"),
            R"([{"x":1},{"x":1,"y":2},{"x":1,"y":2,"z":3}])");
}

TEST(ComposeYaml, AMergeKeyInQuotesIsAKey) {
  EXPECT_EQ(Read("{\"<<\": 1}\n"), R"({"<<":1})");
}

TEST(ComposeYaml, AMergeKeyTakesMappingsOnly) {
  EXPECT_EQ(Read("a: &x [1]\nb:\n  <<: *x\n"),
            "3:3: the merge key << takes a mapping or a list of mappings, not a whole number");
  EXPECT_EQ(Read("a:\n  <<: text\n"), "2:3: the merge key << takes a mapping or a list of mappings, not a string");
  EXPECT_EQ(Read("a:\n  <<:\n"), "2:3: the merge key << takes a mapping or a list of mappings, not nothing");
  EXPECT_THAT(Read("a: &x {b: 1}\nc:\n  <<: *x\n  <<: *x\n"), HasSubstr("4:3: the merge key << stands twice"));
}

TEST(ComposeYaml, KnowsTwoTags) {
  const auto parsed =
      Parse("a: !reset []\nb: !override {c: 1}\nd: !reset null\ne: !override 5\nf: !override '5'\ng: !reset\nh: 1\n");
  const Node& node = std::get<Node>(parsed);
  EXPECT_EQ(CanonicalJson(node), R"({"a":[],"b":{"c":1},"d":null,"e":5,"f":"5","g":null,"h":1})");
  EXPECT_EQ(node.Find("a")->tag, Tag::Reset);
  EXPECT_EQ(node.Find("b")->tag, Tag::Override);
  EXPECT_EQ(node.Find("d")->tag, Tag::Reset);
  EXPECT_EQ(node.Find("e")->tag, Tag::Override);
  EXPECT_EQ(node.Find("g")->tag, Tag::Reset);
  EXPECT_EQ(node.Find("h")->tag, Tag::None);
}

TEST(ComposeYaml, ATaggedScalarIsTypedAsOneWithoutTag) {
  EXPECT_EQ(Read("# \xC3\xA4\xC3\xB6\na: {b: !override &x true, c: !override \"true\", d: &y !override 'x'}\n"),
            R"({"a":{"b":true,"c":"true","d":"x"}})");
  EXPECT_EQ(Read("a: !override |\n  5\nb: !override yes\n"), R"({"a":"5\n","b":"yes"})");
}

TEST(ComposeYaml, RefusesOtherTags) {
  EXPECT_EQ(Read("a: !vault x\n"), "1:4: the tag !vault is not known; tags are !reset and !override");
  EXPECT_THAT(Read("a: !!str 1\n"), HasSubstr("is not known"));
  EXPECT_EQ(Read("!reset a: 1\n"), "1:1: a tag stands before a value, not before a key");
}

TEST(ComposeYaml, TheCoreSchemaStaysAsItIs) {
  EXPECT_EQ(Read("[yes, on, 0644, 1:30, ~]\n"), R"(["yes","on",644,"1:30",null])");
}

TEST(ComposeYaml, RefusesAKeyThatStandsTwice) {
  EXPECT_EQ(Read("a: 1\nb: 2\na: 3\n"), R"(3:1: the key "a" stands twice in one mapping; first at line 1)");
}

TEST(ComposeYaml, MarksPointToWhereAValueIsWritten) {
  const auto parsed = Parse("a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n");
  const Node& node = std::get<Node>(parsed);
  EXPECT_EQ(node.Find("c")->Find("b")->mark, (Mark{2, 6}));
  EXPECT_EQ(node.Find("d")->Find("b")->mark, (Mark{2, 6}));
}

TEST(ComposeYaml, RefusesAliasesThatNameNothingComplete) {
  EXPECT_EQ(Read("a: *x\n"), "1:4: the alias names no anchor that stands before it");
  EXPECT_EQ(Read("a: &x [1, *x]\n"), "1:11: the alias stands inside the value that it names");
}

TEST(ComposeYaml, ExpandedValuesCountForTheLimitOfNodes) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string alias = "*a" + std::to_string(i - 1);
    bomb += name + ": &" + name + " [";
    for (int j = 0; j < 9; ++j) bomb += (j == 0 ? "" : ", ") + alias;
    bomb += "]\n";
  }
  EXPECT_THAT(Read(bomb), HasSubstr("with its aliases the document has more than 50000 values"));
  EXPECT_EQ(Read("[&a [1, 2], *a, *a]\n", {.nodes = 10}), "[[1,2],[1,2],[1,2]]");
  EXPECT_THAT(Read("[&a [1, 2], *a, *a]\n", {.nodes = 9}), HasSubstr("1:17: with its aliases"));
}

TEST(ComposeYaml, ExpandedTextCountsForTheLimitOfBytes) {
  const std::string text = "a: &a " + std::string(100, 'x') + "\nb: [*a, *a, *a]\n";
  EXPECT_THAT(Read(text, {.bytes = 299}), HasSubstr("2:13: the aliases stand for more than 299 bytes"));
  EXPECT_THAT(Read(text, {.bytes = 300}), HasSubstr("xxx"));
}

TEST(ComposeYaml, ExpandedValuesCountForTheLimitOfDepth) {
  EXPECT_EQ(Read("[&a [[1]], [*a]]", {.depth = 4}), "[[[1]],[[[1]]]]");
  EXPECT_THAT(Read("[&a [[1]], [[*a]]]", {.depth = 4}), HasSubstr("nested deeper than 4 levels"));
}

TEST(ComposeYaml, AnchorsInsideAnchorsAreBoundedTogether) {
  EXPECT_THAT(Read("[&a [1, 1], &b [&c [&d [1, 1, 1]]]]", {.nodes = 12}),
              HasSubstr("the anchored values have more than 12"));
  std::string nested;
  for (int i = 0; i < 30; ++i) nested += "&a" + std::to_string(i) + " [";
  nested += "x" + std::string(30, ']');
  EXPECT_EQ(Read(nested), std::string(30, '[') + "\"x\"" + std::string(30, ']'));
}

}  // namespace
}  // namespace tinyforge::doc
