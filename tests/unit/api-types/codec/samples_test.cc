// Every sample decodes without a diagnostic, says the same after a round trip, and no mutation of one does harm.
#include "tests/unit/api-types/codec/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "api-types/codec/kind_schema.h"
#include "api-types/codec/object.h"
#include "api-types/codec/spec.h"
#include "api-types/doc/json.h"
#include "api-types/doc/yaml.h"
#include "api-types/v1/set_rules.h"

namespace tinyforge::codec {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Folder(const std::string& path) {
  return path.substr(0, path.find('/'));
}

TEST(Samples, EveryFileHoldsManifestsWithoutAnError) {
  ASSERT_GE(Samples().size(), 12U);
  for (const Sample& sample : Samples()) {
    const auto result = DecodeManifests(sample.path, sample.text, {.held_manifest_before = true});
    for (const auto& error : result.errors) ADD_FAILURE() << ToString(error);
    EXPECT_FALSE(result.objects.empty()) << sample.path;
  }
}

TEST(Samples, EachFolderIsAConsistentSet) {
  std::map<std::string, std::map<ObjectKey, v1::ObjectPtr>> sets;
  for (const Sample& sample : Samples())
    for (const auto& object : DecodeManifests(sample.path, sample.text).objects)
      EXPECT_TRUE(sets[Folder(sample.path)].emplace(object->key, object).second)
          << sample.path << ": " << ToString(object->key);
  for (const auto& [folder, set] : sets)
    for (const auto& collision : v1::ValidateSet(set)) ADD_FAILURE() << ToString(collision.error);
}

TEST(Samples, SpecsSurviveCanonicalJson) {
  for (const Sample& sample : Samples()) {
    for (const auto& object : DecodeManifests(sample.path, sample.text).objects) {
      const auto back = ParseSpec(object->key.kind, CanonicalSpec(object->spec));
      ASSERT_TRUE(back) << ToString(object->position) << ": " << back.error().message;
      EXPECT_EQ(*back, object->spec) << ToString(object->position);
      EXPECT_EQ(CanonicalSpec(*back), CanonicalSpec(object->spec));
    }
  }
}

TEST(Samples, ObjectsSurviveYamlAndJson) {
  for (const Sample& sample : Samples()) {
    for (const auto& object : DecodeManifests(sample.path, sample.text).objects) {
      for (const TextForm form : {TextForm::Yaml, TextForm::Json, TextForm::CompactJson}) {
        const std::string text = EncodeObject(*object, form);
        const auto back = DecodeManifests("back.yaml", text);
        for (const auto& error : back.errors) ADD_FAILURE() << ToString(error) << "\n" << text;
        ASSERT_THAT(back.objects, SizeIs(1)) << text;
        EXPECT_EQ(back.objects[0]->spec, object->spec) << text;
        EXPECT_EQ(back.objects[0]->meta, object->meta) << text;
        EXPECT_EQ(back.objects[0]->key, object->key) << text;
      }
    }
  }
}

// The dotted paths of all fields that a schema knows.
void CollectPaths(const doc::Node& schema, const std::string& path, std::set<std::string>& paths) {
  if (const doc::Node* items = schema.Find("items")) return CollectPaths(*items, path, paths);
  const doc::Node* properties = schema.Find("properties");
  if (properties == nullptr) return;
  for (const auto& member : properties->members) {
    paths.insert(path + "." + member.key);
    CollectPaths(member.value, path + "." + member.key, paths);
  }
}

// Takes off what a document uses.
void RemoveUsed(const doc::Node& node, const std::string& path, std::set<std::string>& paths) {
  for (const doc::Node& item : node.items) RemoveUsed(item, path, paths);
  for (const auto& member : node.members) {
    paths.erase(path + "." + member.key);
    RemoveUsed(member.value, path + "." + member.key, paths);
  }
}

TEST(Samples, FullUsesEveryFieldOfEveryKind) {
  std::set<std::string> unused;
  for (const Kind kind : {Kind::Workload, Kind::Trigger, Kind::Binding, Kind::Secret})
    CollectPaths(KindSchema(kind), std::string(ToString(kind)), unused);
  ASSERT_GT(unused.size(), 150U);
  for (const Sample& sample : Samples()) {
    if (Folder(sample.path) != "full") continue;
    const auto documents = doc::ParseYamlFile(sample.text);
    ASSERT_TRUE(documents) << sample.path;
    for (const doc::Node& node : *documents) RemoveUsed(node, node.Find("kind")->text, unused);
  }
  // Labels and annotations are the same for every kind.
  std::erase_if(unused, [](const std::string& path) { return path.find(".metadata.") != std::string::npos; });
  EXPECT_THAT(unused, IsEmpty());
}

class Mutation {
 public:
  explicit Mutation(unsigned seed) : random_(seed) {}

  std::string Of(std::string text) {
    for (int i = Below(3); i >= 0; --i) Once(text);
    return text;
  }

 private:
  int Below(std::size_t limit) { return static_cast<int>(random_() % limit); }

  void Once(std::string& text) {
    static constexpr std::string_view kBytes =
        "[]{}:,-?&*!|>'\"%@`#\n\t \\\r\0\x80\xff"
        "0a";
    const auto at = static_cast<std::size_t>(Below(text.size()));
    switch (Below(5)) {
      case 0: text[at] = static_cast<char>(text[at] ^ (1 << Below(8))); return;
      case 1: text[at] = kBytes[static_cast<std::size_t>(Below(kBytes.size()))]; return;
      case 2: text.insert(at, 1, kBytes[static_cast<std::size_t>(Below(kBytes.size()))]); return;
      case 3: text.erase(at, static_cast<std::size_t>(Below(20))); return;
      default: text.insert(at, text.substr(static_cast<std::size_t>(Below(text.size())), 30)); return;
    }
  }

  std::mt19937 random_;
};

TEST(Samples, NoMutationDoesHarm) {
  Mutation mutation(20260102);
  for (const Sample& sample : Samples()) {
    for (int i = 0; i < 150; ++i) {
      const std::string text = mutation.Of(sample.text);
      const auto result = DecodeManifests(sample.path, text, {.held_manifest_before = (i % 2) == 0});
      for (const auto& object : result.objects)
        EXPECT_TRUE(ParseSpec(object->key.kind, CanonicalSpec(object->spec))) << text;
      for (const auto& error : result.errors) {
        EXPECT_GE(error.position.line, 1U) << text;
        EXPECT_FALSE(error.message.empty());
      }
    }
  }
}

TEST(Samples, EveryTruncationIsSurvived) {
  for (const Sample& sample : Samples()) {
    if (Folder(sample.path) != "quickstart") continue;
    for (std::size_t size = 0; size < sample.text.size(); ++size)
      DecodeManifests("a.yaml", sample.text.substr(0, size));
  }
}

}  // namespace
}  // namespace tinyforge::codec
