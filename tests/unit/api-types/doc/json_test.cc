// JSON in and out.
#include "api-types/doc/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api-types/doc/yaml.h"
#include "api-types/doc/yaml_writer.h"

namespace tinyforge::doc {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Read(std::string_view text, const Limits& limits = {}) {
  const auto node = ParseJson(text, limits);
  return node ? CanonicalJson(*node) : node.error().message;
}

TEST(CanonicalJson, SortsKeysAndShortensNumbers) {
  EXPECT_EQ(Read(R"( { "b" : 1.0, "a" : [ 1e2, 0.1, -3, true, null ], "B": {} , "\u00e9": "\u0001\"\\\/\n" } )"),
            R"({"B":{},"a":[100,0.1,-3,true,null],"b":1,"é":"\u0001\"\\/\n"})");
  EXPECT_EQ(Read("18446744073709551615"), "18446744073709551616");
  EXPECT_EQ(Read("-9223372036854775808"), "-9223372036854775808");
}

TEST(ParseJson, RefusesWhatIsNotOneMeaning) {
  EXPECT_EQ(Read(R"({"a":1,"b":2,"a":3})"), "1:20: the key \"a\" stands twice in one mapping");
  EXPECT_THAT(Read("{\"a\":\n tru}"), StartsWith("2:6: not valid JSON: syntax error"));
  EXPECT_THAT(Read("[1] x"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Read(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(Read("\"\xff\""), HasSubstr("not valid JSON"));
  EXPECT_THAT(Read("[1e999]"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Read("[NaN]"), HasSubstr("not valid JSON"));
}

TEST(ParseJson, IsBounded) {
  EXPECT_THAT(Read(std::string(33, '[') + std::string(33, ']')), HasSubstr("nested deeper than 32 levels"));
  EXPECT_THAT(Read(std::string(1'000'000, '[')), HasSubstr("nested deeper than 32 levels"));
  EXPECT_EQ(Read("[1,2,3]", {.bytes = 6}), "the JSON text has 7 bytes; at most 6 are read");
  std::string many = "[0";
  for (int i = 0; i < 50'000; ++i) many += ",0";
  EXPECT_THAT(Read(many + "]"), HasSubstr("more than 50000 values"));
}

TEST(PrettyJson, KeepsTheOrderAndIndents) {
  const auto node = ParseJson(R"({"b":[1,{}],"a":{"c":[]}})");
  EXPECT_EQ(PrettyJson(*node), "{\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": {\n    \"c\": []\n  }\n}\n");
}

TEST(ToYaml, LooksLikeWrittenByHand) {
  const auto node = ParseJson(
      R"({"name":"shop","tag":"1.10","on":"yes","list":[{"a":1,"b":["x"]},[2]],"text":"one\ntwo\n","empty":{},"url":"http://x"})");
  EXPECT_EQ(ToYaml(*node),
            "name: shop\ntag: \"1.10\"\n\"on\": \"yes\"\nlist:\n  - a: 1\n    b:\n      - x\n  - - 2\ntext: |\n  one\n "
            " two\nempty: {}\n"
            "url: http://x\n");
}

TEST(ToYaml, ReadsBackTheSame) {
  for (const char* value :
       {"",      " ",         "a",        "true", "~",   "null", "1",    "1.5",    "0x1",   "-",       "- a",
        "a: b",  "a #b",      "#",        "@x",   "`",   "%x",   "a\nb", "a\nb\n", "\na\n", " a\nb\n", "a\n\nb\n",
        "a\n\n", "tab\there", "\t\n",     "ä€😀",  "'",   "\"",   "\\",   "{",      "[a]",   "*a",      "&a",
        "!a",    "|",         ">",        "a:",   ":a",  "?",    "? a",  "...",    "---",   "--- a",   "<<",
        "=",     "1_000",     "12:30:45", "0644", "1e3", ".5",   "+1",   "\x01",   "a\rb",  "x\r\ny\n"}) {
    Node node = Node::Map();
    node.Add("k", Node::Of(std::string(value)));
    Node list = Node::List();
    list.items.push_back(Node::Of(std::string(value)));
    node.Add("l", std::move(list));
    node.Add(value, Node::Of(true));
    const auto back = ParseYamlFile(ToYaml(node));
    ASSERT_TRUE(back) << value << ": " << back.error().message << "\n" << ToYaml(node);
    ASSERT_EQ(back->size(), 1U) << ToYaml(node);
    EXPECT_EQ(CanonicalJson(back->front()), CanonicalJson(node)) << ToYaml(node);
  }
}

}  // namespace
}  // namespace tinyforge::doc
