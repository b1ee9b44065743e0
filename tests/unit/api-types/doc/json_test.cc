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
  EXPECT_EQ(Read("[-0, -0.0, -0e4, -1e-999]"), "[0,0,0,0]");
}

TEST(ParseJson, RefusesWhatIsNotOneMeaning) {
  EXPECT_EQ(Read(R"({"a":1,"b":2,"a":3})"), "1:20: the key \"a\" stands twice in one mapping");
  EXPECT_EQ(Read("{\"a\":\n tru}"), "2:2: not valid JSON: expected a value");
  EXPECT_THAT(Read("[1] x"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Read(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(Read("\"\xff\""), HasSubstr("not valid JSON"));
  EXPECT_THAT(Read("[1e999]"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Read("[NaN]"), HasSubstr("not valid JSON"));
}

TEST(ParseJson, SaysWhereItIsWrongAndWhatWouldBeRight) {
  EXPECT_EQ(Read(""), "1:1: not valid JSON: expected a value");
  EXPECT_EQ(Read("[1] x"), "1:5: not valid JSON: expected the end of the text");
  EXPECT_EQ(Read("[1"), "1:3: not valid JSON: expected \",\" or \"]\" after a value");
  EXPECT_EQ(Read("[1,]"), "1:4: not valid JSON: expected a value");
  EXPECT_EQ(Read("{\"a\":1"), "1:7: not valid JSON: expected \",\" or \"}\" after a value");
  EXPECT_EQ(Read("{\"a\" 1}"), "1:6: not valid JSON: expected \":\" after a key");
  EXPECT_EQ(Read("{\"a\":1,}"), "1:8: not valid JSON: expected a key, in quotation marks");
  EXPECT_EQ(Read("\"ab"), "1:4: not valid JSON: the text ends inside a string");
  EXPECT_EQ(Read("\"a\nb\""), "1:3: not valid JSON: a control character in a string must be escaped");
  EXPECT_EQ(Read("\"\\x\""), "1:2: not valid JSON: there is no such escape sequence in a string");
  EXPECT_EQ(Read("[-]"), "1:3: not valid JSON: expected a digit");
  EXPECT_EQ(Read("[1.]"), "1:4: not valid JSON: expected a digit");
  EXPECT_EQ(Read("[1e+]"), "1:5: not valid JSON: expected a digit");
  EXPECT_EQ(Read("[1e999]"), "1:7: not valid JSON: a number of 64 bits cannot be so large");
  EXPECT_EQ(Read(std::string("\0", 1)), "1:1: not valid JSON: expected a value");
}

TEST(ParseJson, ReadsStringsOfAnyCharacters) {
  EXPECT_EQ(Read(R"("\u00e9\u20ac\ud83d\ude00")"), "\"é€😀\"");
  EXPECT_EQ(Read("\"aé€😀 and more than eight bytes\""), "\"aé€😀 and more than eight bytes\"");
  EXPECT_EQ(Read("\xEF\xBB\xBF[]"), "[]");  // a byte order mark
  const auto zero = ParseJson(R"("\u0000")");
  ASSERT_TRUE(zero);
  EXPECT_EQ(zero->text, std::string(1, '\0'));
  for (const char* text :
       {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\u12g4")", R"("\u12)"})
    EXPECT_THAT(Read(text), HasSubstr("not valid JSON")) << text;
  // Overlong forms, a surrogate, beyond U+10FFFF, a byte alone, one too few: at any place in a word of eight bytes.
  for (const std::string bad : {"\xC0\xAF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xE2\x82"})
    for (std::size_t before = 0; before < 9; ++before)
      EXPECT_THAT(Read("\"" + std::string(before, 'a') + bad + "\""), HasSubstr("the bytes are no UTF-8")) << before;
}

TEST(ParseJson, KeepsNumbersAsTheyAreWritten) {
  const auto list =
      ParseJson("[0, -0, 9223372036854775807, 9223372036854775808, -9223372036854775809, 1.50, 1E+2, 1e-999]");
  ASSERT_TRUE(list);
  const std::vector<std::pair<Type, std::string>> expected = {{Type::Int, "0"},
                                                              {Type::Int, "0"},
                                                              {Type::Int, "9223372036854775807"},
                                                              {Type::Float, "9223372036854775808"},
                                                              {Type::Float, "-9223372036854775809"},
                                                              {Type::Float, "1.50"},
                                                              {Type::Float, "1E+2"},
                                                              {Type::Float, "1e-999"}};
  ASSERT_EQ(list->items.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(list->items[i].type, expected[i].first) << i;
    EXPECT_EQ(list->items[i].text, expected[i].second) << i;
  }
  for (const char* text : {"[01]", "[+1]", "[.5]", "[0x1]", "[-01]", "[1_0]", "[Infinity]"})
    EXPECT_THAT(Read(text), HasSubstr("not valid JSON")) << text;
}

TEST(ParseJson, RefusesHalfAPairInKeysToo) {
  EXPECT_THAT(Read(R"({"a\udfff":1})"), HasSubstr("half of a surrogate pair"));
  EXPECT_THAT(Read(R"(["\udc00\ud800"])"), HasSubstr("half of a surrogate pair"));
  EXPECT_EQ(Read("\"\xED\x80\x80\xED\x9F\xBF\""), "\"\xED\x80\x80\xED\x9F\xBF\"");  // U+D000, U+D7FF
}

TEST(ParseJson, TakesAZeroByteForNoEnd) {
  const std::string zero(1, '\0');
  EXPECT_EQ(Read("[1]" + zero), "1:4: not valid JSON: expected the end of the text");
  EXPECT_EQ(Read("[1" + zero + "]"), "1:3: not valid JSON: expected \",\" or \"]\" after a value");
  EXPECT_EQ(Read("\"a" + zero + "\""), "1:3: not valid JSON: a control character in a string must be escaped");
  EXPECT_EQ(Read("\"a" + zero), "1:3: not valid JSON: a control character in a string must be escaped");
}

TEST(ParseJson, ReadsNothingBeyondTheEnd) {
  // Too long for the room inside a std::string, so that AddressSanitizer sees a step beyond the text and its copy.
  for (const std::string text :
       {"\"\xF1", "\"\xE2\x82", "\"\\", "\"\\ud83d\\u", "-", "1.", "1e", "tru", "[", "{\"a\":", " "}) {
    std::vector<char> bytes(20, ' ');
    bytes.insert(bytes.end(), text.begin(), text.end());
    EXPECT_THAT(Read({bytes.data(), bytes.size()}), HasSubstr("not valid JSON")) << text;
  }
}

TEST(ParseJson, RefusesEachControlCharacter) {
  for (char control = 1; control < 0x20; ++control)
    EXPECT_EQ(Read("\"long enough for any step" + std::string(1, control) + "\""),
              "1:26: not valid JSON: a control character in a string must be escaped");
}

TEST(ParseJson, RefusesNumbersThatAreWrittenTooLarge) {
  EXPECT_EQ(Read("[0e308, 1.7976931348623157e308, 0.1e309]"), "[0,1.7976931348623157e+308,1e+308]");
  for (const std::string text : {"1.8e308", "-1e309", "0e309"})
    EXPECT_THAT(Read(text), HasSubstr("a number of 64 bits cannot be so large")) << text;
  EXPECT_THAT(Read(std::string(400, '1') + "e-300"), HasSubstr("cannot be so large"));
}

TEST(ParseJson, FindsARepeatedKeyAmongMany) {
  std::string many = "{";
  for (int i = 0; i < 1000; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_THAT(Read(many + "\"k500\":1}"), HasSubstr("the key \"k500\" stands twice"));
  EXPECT_TRUE(ParseJson(many + "\"k\":1}"));
}

TEST(ParseJson, IsBounded) {
  EXPECT_EQ(Read(std::string(33, '[') + std::string(33, ']')), "1:33: the document is nested deeper than 32 levels");
  EXPECT_EQ(Read("[1, [], null]", {.nodes = 3}), "1:9: the document has more than 3 values; split it");
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
