#include "api-types/codec/scalar_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "api-types/codec/manifest.h"
#include "api-types/doc/json.h"
#include "api-types/doc/yaml.h"
#include "api-types/doc/yaml_scalar.h"
#include "tests/unit/api-types/codec/samples.h"

namespace tinyforge::codec {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const ScalarPlace kTag{"apps/shop.yaml", {Kind::Workload, "shop"}, {"spec", "source", "image", "tag"}};

ScalarEdit To(std::string value) {
  return {.place = kTag, .to = std::move(value)};
}

std::string Manifest(const std::string& source, const std::string& name = "shop") {
  return "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: " + name + "}\nspec:\n  source:\n" + source;
}

std::string Edited(const std::string& yaml, const ScalarEdit& edit) {
  const auto edited = EditScalar(yaml, edit);
  EXPECT_TRUE(edited) << edited.error().message << "\n" << yaml;
  return edited ? *edited : "";
}

Error EditError(const std::string& yaml, const ScalarEdit& edit) {
  const auto edited = EditScalar(yaml, edit);
  EXPECT_FALSE(edited) << *edited;
  return edited ? Error{} : edited.error();
}

TEST(ScalarEdit, StyleCommentsAndLayoutStay) {
  const std::pair<const char*, const char*> cases[] = {
      {"    image: {repository: x, tag: \"1.4.2\"}   # keep\n",
       "    image: {repository: x, tag: \"1.4.3\"}   # keep\n"},
      {"    image: {repository: x, tag: '1.4.2', pullPolicy: Always}\n",
       "    image: {repository: x, tag: '1.4.3', pullPolicy: Always}\n"},
      {"    image: { tag: 1.4.2 , repository: x }\n", "    image: { tag: 1.4.3 , repository: x }\n"},
      {"    image: {\"repository\":\"x\",\"tag\":\"1.4.2\"}", "    image: {\"repository\":\"x\",\"tag\":\"1.4.3\"}"},
      {"    image:\n      repository: x\n      tag:   1.4.2   # latest good\n",
       "    image:\n      repository: x\n      tag:   1.4.3   # latest good\n"},
      {"    image:\n      'tag': \"1.4.2\"\n      repository: x",
       "    image:\n      'tag': \"1.4.3\"\n      repository: x"},
      {"    image:\n      tag: 1.4.2\r\n      repository: x\r\n",
       "    image:\n      tag: 1.4.3\r\n      repository: x\r\n"},
      {"    image:\n      tag:\n        1.4.2\n      repository: x\n",
       "    image:\n      tag:\n        1.4.3\n      repository: x\n"},
      {"    image:\n      repository: x\n      tag: 1.4.2", "    image:\n      repository: x\n      tag: 1.4.3"},
  };
  for (const auto& [before, after] : cases) {
    EXPECT_EQ(Edited(Manifest(before), To("1.4.3")), Manifest(after));
    EXPECT_EQ(Edited(Manifest(after), To("1.4.2")), Manifest(before));
  }
}

TEST(ScalarEdit, PlainBecomesQuotedWhereItWouldReadAsSomethingElse) {
  const std::string before = Manifest("    image:\n      repository: x\n      tag: v1\n");
  for (const char* value : {"1.10", "on", "1e3", "0x1", "null", "010"}) {
    const std::string after = Edited(before, To(value));
    EXPECT_EQ(after, Manifest("    image:\n      repository: x\n      tag: \"" + std::string(value) + "\"\n"));
    EXPECT_EQ(*ReadScalar(after, kTag), value);
  }
  EXPECT_EQ(Edited(Manifest("    image: {repository: x, tag: v1}\n"), To("2024-01-02")),
            Manifest("    image: {repository: x, tag: \"2024-01-02\"}\n"));
}

TEST(ScalarEdit, NumberThatShouldHaveBeenQuotedIsReadAsItStandsAndPutRight) {
  const std::string before = Manifest("    image: {repository: x, tag: 1.10}\n");
  EXPECT_EQ(*ReadScalar(before, kTag), "1.10");
  EXPECT_EQ(Edited(before, To("1.20")), Manifest("    image: {repository: x, tag: \"1.20\"}\n"));
}

TEST(ScalarEdit, OnlyTheDocumentOfTheObjectIsTouched) {
  const std::string one = Manifest("    image: {repository: x, tag: a}\n", "one");
  const std::string foreign = "foo: &anchor bar\nbaz: *anchor\n";
  const std::string shop = Manifest("    image: {repository: x, tag: a}\n");
  const std::string before = "\xEF\xBB\xBF# head\n" + one + "---\n" + foreign + "--- # shop\n" + shop + "...\n---\n" +
                             Manifest("    image: {repository: x, tag: a}\n", "two");
  std::string after = before;
  after.replace(after.find("tag: a", after.find("# shop")), 6, "tag: b");
  EXPECT_EQ(Edited(before, To("b")), after);
}

TEST(ScalarEdit, ByteOrderMarkAndDirectivesStay) {
  const std::string before = "\xEF\xBB\xBF%YAML 1.2\n---\n" + Manifest("    image: {repository: x, tag: a}\n");
  std::string after = before;
  after.replace(after.find("tag: a"), 6, "tag: b");
  EXPECT_EQ(Edited(before, To("b")), after);
}

TEST(ScalarEdit, QuotedValueOnSeveralLinesBecomesOne) {
  EXPECT_EQ(Edited(Manifest("    image:\n      tag: \"a\\\n        b\" # c\n      repository: x\n"), To("c")),
            Manifest("    image:\n      tag: \"c\" # c\n      repository: x\n"));
}

TEST(ScalarEdit, FromMustStillStandThere) {
  const std::string yaml = Manifest("    image: {repository: x, tag: b}\n");
  ScalarEdit edit = To("c");
  edit.from = "a";
  const Error error = EditError(yaml, edit);
  EXPECT_EQ(error.kind, ErrorKind::Conflict);
  EXPECT_EQ(error.message, "apps/shop.yaml:6:33: spec.source.image.tag is \"b\" by now, not \"a\"");
  edit.from = "b";
  EXPECT_EQ(Edited(yaml, edit), Manifest("    image: {repository: x, tag: c}\n"));
}

TEST(ScalarEdit, MissingFieldSaysWhereAndWhatToAdd) {
  const Error error = EditError(Manifest("    image:\n      repository: x\n"), To("a"));
  EXPECT_EQ(error.kind, ErrorKind::NotFound);
  EXPECT_EQ(error.message, "apps/shop.yaml:7:7: spec.source.image.tag is not there; add \"tag\" to spec.source.image");
  EXPECT_THAT(EditError(Manifest("    compose: {file: a.yml}\n"), To("a")).message,
              HasSubstr("is not there; add \"image\" to spec.source"));
  EXPECT_THAT(EditError(Manifest("    image:\n      repository: x\n      tag:\n"), To("a")).message,
              HasSubstr("apps/shop.yaml:8:7: spec.source.image.tag is empty"));
  EXPECT_THAT(EditError(Manifest("    image:\n      repository: x\n      tag: ~\n"), To("a")).message,
              HasSubstr("is empty"));
}

TEST(ScalarEdit, MissingFieldIsAddedBehindItsSibling) {
  const std::pair<const char*, const char*> cases[] = {
      {"    image:\n      repository: x # the shop\n      pullPolicy: Always\n",
       "    image:\n      repository: x # the shop\n      tag: v2\n      pullPolicy: Always\n"},
      {"    image:\n      repository: \"x\"\n", "    image:\n      repository: \"x\"\n      tag: \"v2\"\n"},
      {"    image:\r\n      repository: 'x'\r\n", "    image:\r\n      repository: 'x'\r\n      tag: 'v2'\r\n"},
      {"    image:\n      repository: x", "    image:\n      repository: x\n      tag: v2"},
      {"    image: {repository: x}\n", "    image: {repository: x, tag: v2}\n"},
      {"    image: { repository: x } # c\n", "    image: { repository: x, tag: v2 } # c\n"},
      {"    image: {\"repository\":\"x\"}\n", "    image: {\"repository\":\"x\", \"tag\":\"v2\"}\n"},
      {"    image: {\n      repository: x, # c\n      pullPolicy: Always\n    }\n",
       "    image: {\n      repository: x, tag: v2, # c\n      pullPolicy: Always\n    }\n"},
      {"    image: {\n      repository: x # c\n    }\n", "    image: {\n      repository: x, tag: v2 # c\n    }\n"},
  };
  for (const auto& [before, after] : cases) {
    ScalarEdit edit = To("v2");
    edit.add_after = "repository";
    EXPECT_EQ(Edited(Manifest(before), edit), Manifest(after));
  }
}

TEST(ScalarEdit, NothingIsAddedWhereItIsUnclearWhatThatWouldMean) {
  ScalarEdit edit = To("v2");
  edit.add_after = "repository";
  edit.from = "v1";
  EXPECT_EQ(EditError(Manifest("    image: {repository: x}\n"), edit).kind, ErrorKind::NotFound) << "it said v1";
  edit.from = "";
  EXPECT_EQ(Edited(Manifest("    image: {repository: x}\n"), edit), Manifest("    image: {repository: x, tag: v2}\n"));
  EXPECT_THAT(EditError(Manifest("    image:\n      repository: |\n        x\n"), edit).message,
              HasSubstr("it cannot be added behind \"repository\""));
  EXPECT_EQ(EditError(Manifest("    image: {pullPolicy: Always}\n"), edit).kind, ErrorKind::NotFound);
  const std::string digest = "sha256:" + std::string(64, 'a');
  const Error both = EditError(Manifest("    image: {repository: x, digest: \"" + digest + "\"}\n"), edit);
  EXPECT_EQ(both.kind, ErrorKind::Invalid);
  EXPECT_THAT(both.message, HasSubstr("tag and digest exclude each other"));
  EXPECT_EQ(EditError(Manifest("    image:\n      ? repository\n      : x\n"), edit).kind, ErrorKind::Invalid);
}

TEST(ScalarEdit, WhatCannotBeEditedSafelyIsRefusedWithThePlace) {
  EXPECT_THAT(EditError(Manifest("    image:\n      repository: x\n      tag: |-\n        a\n"), To("b")).message,
              AllOf(HasSubstr("apps/shop.yaml:8:12: "), HasSubstr("write it on one line")));
  EXPECT_THAT(EditError(Manifest("    image:\n      tag: a\n        b\n      repository: x\n"), To("c")).message,
              HasSubstr("write it on one line"));
  EXPECT_THAT(EditError(Manifest("    image: {repository: x, tag: [a]}\n"), To("b")).message,
              HasSubstr("spec.source.image.tag is a list; expected a single value"));
  for (const char* tag : {"&v a", "!!str a"}) {
    const Error error = EditError(Manifest("    image: {repository: x, tag: " + std::string(tag) + "}\n"), To("b"));
    EXPECT_EQ(error.kind, ErrorKind::Invalid);
    EXPECT_THAT(error.message, AllOf(HasSubstr("apps/shop.yaml:6:"), HasSubstr("are not supported")));
  }
  EXPECT_THAT(EditError(Manifest("    image: {repository: &r x, tag: *r}\n"), To("b")).message, HasSubstr("anchors"));
  EXPECT_THAT(EditError(Manifest("    image: {tag: a, repository: x, tag: b}\n"), To("c")).message,
              HasSubstr("stands twice in one mapping"));
}

TEST(ScalarEdit, ObjectMustStandThereOnce) {
  const std::string shop = Manifest("    image: {repository: x, tag: a}\n");
  EXPECT_EQ(EditError("a: b\n", To("b")).kind, ErrorKind::NotFound);
  EXPECT_THAT(EditError(Manifest("    image: {repository: x, tag: a}\n", "other"), To("b")).message,
              HasSubstr("apps/shop.yaml: holds no workload/shop"));
  EXPECT_THAT(EditError(shop + "---\n" + shop, To("b")).message,
              HasSubstr("apps/shop.yaml:8:1: workload/shop stands already at line 1"));
}

TEST(ScalarEdit, ValueThatTheFieldDoesNotTakeIsRefused) {
  const std::string yaml = Manifest("    image: {repository: x, tag: a}\n");
  EXPECT_THAT(EditError(yaml, To("not a tag")).message, HasSubstr("spec.source.image.tag: expected"));
  EXPECT_THAT(EditError(yaml, To("")).message, HasSubstr("spec.source.image.tag: expected"));
  EXPECT_THAT(EditError(yaml, To("\xFF")).message, HasSubstr("not valid UTF-8"));
  ScalarEdit rename{.place = kTag, .to = "other"};
  rename.place.field = {"metadata", "name"};
  EXPECT_EQ(EditError(yaml, rename).kind, ErrorKind::Invalid) << "it would be another object";
  EXPECT_EQ(EditError(yaml, {.place = {"a.yaml", {Kind::Workload, "shop"}, {}}, .to = "a"}).kind, ErrorKind::Invalid);
}

TEST(ScalarEdit, ItemsOfListsHaveIndexes) {
  const std::string before = Manifest(
      "    image: {repository: x, tag: a}\n  env:\n    - {name: A, value: 'a'} # a\n    - name: B\n      value: b\n");
  ScalarEdit edit{.place = kTag, .to = "c"};
  edit.place.field = {"spec", "env", "1", "value"};
  std::string after = before;
  after.replace(after.find("value: b"), 8, "value: c");
  EXPECT_EQ(Edited(before, edit), after);
  edit.place.field[2] = "2";
  EXPECT_EQ(EditError(before, edit).kind, ErrorKind::NotFound);
}

// Every leaf of a document, as a path.
void Leaves(const doc::Node& node, std::vector<std::string>& path, std::vector<std::vector<std::string>>& out) {
  if (node.type == doc::Type::Map) {
    for (const auto& member : node.members) {
      path.push_back(member.key);
      Leaves(member.value, path, out);
      path.pop_back();
    }
  } else if (node.type == doc::Type::List) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      path.push_back(std::to_string(i));
      Leaves(node.items[i], path, out);
      path.pop_back();
    }
  } else if (node.type == doc::Type::String) {
    out.push_back(path);
  }
}

std::string LineOf(const std::string& text, std::size_t at) {
  const std::size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

// The lines of two texts that differ, if they have as many.
int DifferentLines(const std::string& a, const std::string& b) {
  if (std::count(a.begin(), a.end(), '\n') != std::count(b.begin(), b.end(), '\n')) return -1;
  int different = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const std::string left = LineOf(a, i);
    const std::string right = LineOf(b, j);
    different += left == right ? 0 : 1;
    i += left.size() + 1;
    j += right.size() + 1;
  }
  return different;
}

TEST(ScalarEdit, EveryStringOfEverySampleChangesAloneAndBack) {
  int edits = 0;
  for (const Sample& sample : Samples()) {
    const auto split = doc::SplitYaml(sample.text);
    const DecodeResult decoded = DecodeManifests(sample.path, sample.text);
    for (std::size_t i = 0; i < std::get<0>(split).size(); ++i) {
      const auto parsed = doc::ParseYaml(std::get<0>(split)[i]);
      const auto& root = std::get<doc::Node>(parsed);
      const ObjectKey key{*ParseKind(root.Find("kind")->text), root.Find("metadata")->Find("name")->text};
      std::vector<std::vector<std::string>> leaves;
      std::vector<std::string> path;
      Leaves(*root.Find("spec"), path = {"spec"}, leaves);
      for (const auto& leaf : leaves) {
        const ScalarPlace place{sample.path, key, leaf};
        const auto value = ReadScalar(sample.text, place);
        ASSERT_TRUE(value) << value.error().message;
        const auto edited = EditScalar(sample.text, {.place = place, .to = *value + "x"});
        if (!edited) continue;  // not a value of that field, or a block
        ++edits;
        EXPECT_EQ(*ReadScalar(*edited, place), *value + "x");
        EXPECT_EQ(DifferentLines(sample.text, *edited), 1) << *edited;
        EXPECT_EQ(Edited(*edited, {.place = place, .to = *value, .from = *value + "x"}), sample.text);
      }
    }
  }
  EXPECT_GT(edits, 150);
}

// Writes a manifest in one of many layouts around a tag whose place it knows.
class Layout {
 public:
  explicit Layout(unsigned seed) : random_(seed) {}

  struct Text {
    std::string before;
    doc::ScalarStyle style = doc::ScalarStyle::Plain;
    bool flow = false;
    std::string after;
    std::string With(const std::string& tag) const { return before + doc::WriteScalar(tag, style, flow) + after; }
  };

  Text Make() {
    eol_ = Flip() ? "\n" : "\r\n";
    Text text{.style = static_cast<doc::ScalarStyle>(random_() % 3), .flow = Flip()};
    text.before = (Flip() ? "\xEF\xBB\xBF" : "") + Others(false) + Comment() + Head("shop") + "spec:" + Trail() +
                  "  source:" + Trail();
    text.flow ? Flow(text) : Block(text);
    if (Flip()) text.after += "  replicas: 2" + Trail();
    text.after += Others(true);
    if (Flip() && text.after.ends_with(eol_)) text.after.resize(text.after.size() - eol_.size());
    return text;
  }

 private:
  bool Flip() { return random_() % 2 == 0; }
  std::string Spaces() { return std::string(random_() % 3, ' '); }
  std::string Comment() { return Flip() ? Spaces() + "# tag: 1.4.2 \"'{[|" + eol_ : ""; }
  std::string Trail() { return (Flip() ? " # it's \"so\"" : Spaces()) + eol_ + (random_() % 4 == 0 ? eol_ : ""); }
  std::string Head(const std::string& name) {
    return "apiVersion: tinyforge.dev/v1" + Trail() + "kind: " + (Flip() ? "Workload" : "'Workload'") + Trail() +
           "metadata:" + (Flip() ? " {name: " + name + "}" : eol_ + "  name: " + name) + Trail();
  }
  std::string Others(bool behind) {
    std::string text;
    for (auto left = random_() % 3; left > 0; --left) {
      const std::string other = Flip() ? Head("other" + std::to_string(++others_)) +
                                             "spec: {source: {image: {repository: x, tag: 1.4.2}}}" + eol_
                                       : "foreign: |" + eol_ + "  tag: 1.4.2" + eol_ + "  it's" + eol_;
      text += behind ? "---" + Trail() + other : other + "---" + Trail();
    }
    return text;
  }
  void Flow(Text& text) {
    const bool wide = Flip();
    const std::string gap = wide ? eol_ + "      " : Spaces();
    text.before += "    image: {" + gap;
    if (Flip())
      text.before += "repository: 'it.s/x'," + gap, text.after = Spaces();
    else
      text.after = Spaces() + "," + gap + "repository: x";
    text.before += Flip() ? "tag: " : "\"tag\": " + Spaces();
    if (Flip()) text.after += "," + gap + "pullPolicy: Always";
    text.after += (wide ? eol_ + "    }" : Spaces() + "}") + Trail();
  }
  void Block(Text& text) {
    const std::string indent = "     " + Spaces();
    text.before += "    image:" + Trail();
    if (Flip())
      text.before += indent + "repository: x" + Trail();
    else
      text.after = indent + "repository: x" + Trail();
    text.before += indent + (Flip() ? "tag: " : "'tag':  ") + (random_() % 5 == 0 ? eol_ + indent + "  " : "");
    text.after = Trail() + text.after + (Flip() ? indent + "pullPolicy: Always" + Trail() : "");
  }

  std::mt19937 random_;
  std::string eol_;
  int others_ = 0;
};

TEST(ScalarEdit, EveryLayoutKeepsEveryOtherByte) {
  const char* tags[] = {"1.4.2", "1.10", "v1", "on", "latest", "1e3", "sha-1f2e", "0x1", "null", "12-alpine", "010"};
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Layout layout(seed);
    const Layout::Text text = layout.Make();
    const std::string from = tags[seed % 11];
    const std::string to = tags[(seed / 11) % 11];
    const std::string edited = Edited(text.With(from), {.place = kTag, .to = to, .from = from});
    ASSERT_EQ(edited.substr(0, text.before.size()), text.before) << "seed " << seed;
    ASSERT_TRUE(edited.ends_with(text.after)) << "seed " << seed << "\n" << edited;
    ASSERT_EQ(*ReadScalar(edited, kTag), to);
    const bool restyled = text.style == doc::ScalarStyle::Plain &&
                          doc::ReadsAsItself(from, text.flow) != doc::ReadsAsItself(to, text.flow);
    if (restyled) continue;
    ASSERT_EQ(edited, text.With(to)) << "seed " << seed;
    ASSERT_EQ(Edited(edited, {.place = kTag, .to = from, .from = to}), text.With(from)) << "seed " << seed;
  }
}

// Whatever the bytes: an answer, and a text that reads as asked when it is one.
TEST(ScalarEdit, MutatedFilesAreEditedRightOrRefused) {
  std::mt19937 random(11);
  int edited = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::string yaml = Layout(seed).Make().With("1.4.2");
    for (auto left = 1 + random() % 3; left > 0; --left) {
      const std::size_t at = random() % yaml.size();
      const std::string_view bytes = "\n\r\t \"'{}[]:,#&*!|>-?%1a\\\x80";
      random() % 2 == 0 ? yaml.erase(at, 1) : yaml.insert(at, 1, bytes[random() % bytes.size()]);
    }
    const auto result = EditScalar(yaml, {.place = kTag, .to = "1.4.3", .add_after = "repository"});
    if (!result) continue;
    ++edited;
    EXPECT_EQ(*ReadScalar(*result, kTag), "1.4.3") << yaml;
    EXPECT_LT(result->size(), yaml.size() + 32);
  }
  EXPECT_GT(edited, 1000);
}

}  // namespace
}  // namespace tinyforge::codec
