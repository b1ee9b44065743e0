// The loader between revisions: what is read again, what is shared, and which of two objects holds.
#include "api-types/codec/manifest_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace tinyforge::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Trigger(std::string_view name) {
  return "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: " + std::string(name) +
         "}\nspec: {manual: {}}\n";
}

std::string Web(std::string_view name, std::string_view more) {
  return "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: " + std::string(name) +
         "}\nspec: {source: {image: {repository: a}}, " + std::string(more) + "}\n";
}

// A tree whose blob ids are the contents.
class Tree : public ::testing::Test {
 protected:
  v1::ObjectSet Update(std::vector<TreeChange> changes) { return loader_.Update("r", changes, Reader()); }
  v1::ObjectSet Load(std::vector<TreeChange> tree) { return loader_.Load("r", tree, Reader()); }

  BlobReader Reader() {
    return [this](const std::string& path, const std::string& blob) -> Expected<std::string> {
      read_.push_back(path);
      if (failing_.contains(path)) return Error{failing_.at(path), "disk on fire"};
      return blob;
    };
  }

  static std::vector<std::string> Errors(const v1::ObjectSet& set) {
    std::vector<std::string> lines;
    for (const auto& error : set.errors) lines.push_back(ToString(error));
    return lines;
  }

  static std::vector<std::string> Names(const v1::ObjectSet& set) {
    std::vector<std::string> names;
    for (const auto& [key, object] : set.objects) names.push_back(key.name);
    return names;
  }

  ManifestLoader loader_;
  std::vector<std::string> read_;
  std::map<std::string, ErrorKind> failing_;
};

TEST_F(Tree, ReadsOnlyWhatChanged) {
  const auto first = Load({{"a.yaml", Trigger("a")}, {"b.yml", Trigger("b")}, {"README.md", "x"}, {"c.json", "{}"}});
  EXPECT_THAT(read_, ElementsAre("a.yaml", "b.yml"));
  EXPECT_TRUE(first.complete);
  EXPECT_EQ(first.revision, "r");
  read_.clear();
  const auto second = Update({{"b.yml", Trigger("b2")}});
  EXPECT_THAT(read_, ElementsAre("b.yml"));
  EXPECT_THAT(Names(second), ElementsAre("a", "b2"));
  EXPECT_EQ(second.objects.at({Kind::Trigger, "a"}), first.objects.at({Kind::Trigger, "a"}))
      << "shared, not decoded again";
}

TEST_F(Tree, AWholeTreeRemovesWhatItDoesNotList) {
  Load({{"a.yaml", Trigger("a")}, {"b.yaml", Trigger("b")}});
  read_.clear();
  EXPECT_THAT(Names(Load({{"b.yaml", Trigger("b")}})), ElementsAre("b"));
  EXPECT_THAT(read_, IsEmpty());
}

TEST_F(Tree, ARemovedFileRemovesItsObjectsAndErrors) {
  Load({{"a.yaml", Trigger("a")}, {"b.yaml", Trigger("B")}});
  const auto set = Update({{"a.yaml", ""}, {"b.yaml", ""}, {"never.yaml", ""}});
  EXPECT_THAT(set.objects, IsEmpty());
  EXPECT_THAT(set.errors, IsEmpty());
}

TEST_F(Tree, AFaultyFileIsReportedUntilItIsMended) {
  Load({{"a.yaml", Trigger("a")}, {"b.yaml", Trigger("b")}});
  const auto broken = Update({{"a.yaml", Trigger("a") + "x: 1\n"}});
  EXPECT_THAT(Errors(broken), ElementsAre("a.yaml:5:1: x: unknown key; known keys: apiVersion, kind, metadata, spec"));
  EXPECT_THAT(broken.broken, ElementsAre(ObjectKey{Kind::Trigger, "a"}));
  EXPECT_TRUE(broken.complete);
  EXPECT_THAT(Errors(Update({{"b.yaml", Trigger("c")}})), SizeIs(1));
  EXPECT_THAT(
      Errors(Update({{"a.yaml", "# gone\n"}})),
      ElementsAre(
          "a.yaml:1:1: the file held a manifest before and holds none now; to remove its objects, remove the file"));
  EXPECT_THAT(Errors(Update({{"a.yaml", Trigger("a")}})), IsEmpty());
}

TEST_F(Tree, WhatCannotBeReadLeavesTheSetIncompleteAndIsTriedAgain) {
  Load({{"a.yaml", Trigger("a")}});
  failing_["a.yaml"] = ErrorKind::Transient;
  const auto set = Load({{"a.yaml", Trigger("a2")}});
  EXPECT_FALSE(set.complete);
  EXPECT_THAT(Names(set), ElementsAre("a"));
  EXPECT_THAT(Errors(set), ElementsAre("a.yaml:1:1: could not be read: disk on fire"));
  failing_.clear();
  const auto mended = Load({{"a.yaml", Trigger("a2")}});
  EXPECT_TRUE(mended.complete);
  EXPECT_THAT(Names(mended), ElementsAre("a2"));
  EXPECT_THAT(mended.errors, IsEmpty());
}

TEST_F(Tree, WhatCouldNotBeReadIsKnownUntilItIsRead) {
  failing_["a.yaml"] = ErrorKind::Transient;
  Load({{"a.yaml", Trigger("a")}, {"b.yaml", Trigger("b")}});
  ASSERT_THAT(loader_.Unread(), SizeIs(1));
  EXPECT_EQ(loader_.Unread()[0].path, "a.yaml");
  failing_.clear();
  const auto set = Update(loader_.Unread());
  EXPECT_THAT(Names(set), ElementsAre("a", "b"));
  EXPECT_TRUE(set.complete);
  EXPECT_THAT(loader_.Unread(), IsEmpty());
}

TEST_F(Tree, AFileThatIsNotToBeReadIsAnErrorOfItsOwnOnly) {
  Load({{"a.yaml", Trigger("a")}, {"b.yaml", Trigger("b")}});
  failing_["a.yaml"] = ErrorKind::Invalid;
  Update({{"a.yaml", Trigger("a2")}});
  const auto set = Update({{"b.yaml", Trigger("b2")}});
  EXPECT_TRUE(set.complete);
  EXPECT_FALSE(set.unnamed_errors);
  EXPECT_THAT(Names(set), ElementsAre("b2")) << "the object last seen in it is kept by who knows the earlier set";
  EXPECT_THAT(Errors(set), ElementsAre("a.yaml:1:1: could not be read: disk on fire"));
  failing_.clear();
  EXPECT_THAT(Names(Update({{"a.yaml", Trigger("a")}})), ElementsAre("a", "b2"));
}

TEST_F(Tree, ARefusedEntryStaysAnErrorUntilItChanges) {
  Load({{"a.yaml", Trigger("a")}});
  const auto set = Update({{"a.yaml", "", "is a symlink"}, {"link", "", "is a symlink"}});
  EXPECT_THAT(Names(set), IsEmpty());
  EXPECT_THAT(Errors(Update({{"b.yaml", Trigger("b")}})),
              ElementsAre("a.yaml:1:1: is a symlink; a manifest must be a plain file"));
  EXPECT_THAT(Errors(Update({{"a.yaml", ""}})), IsEmpty());
}

TEST_F(Tree, WhatLiesBelowARefusedFolderIsSaidToBeUnread) {
  Load({{"apps/a.yaml", Trigger("a")}, {"b.yaml", Trigger("b")}});
  auto set = Update({{"apps/a.yaml", ""}, {"apps", "", "is a symlink"}});
  EXPECT_THAT(Names(set), ElementsAre("b"));
  ASSERT_TRUE(set.RefusedAbove("apps/a.yaml"));
  EXPECT_FALSE(set.RefusedAbove("b.yaml"));
  EXPECT_FALSE(set.RefusedAbove("applications/a.yaml"));
  set = Update({{"apps", ""}, {"apps/a.yaml", Trigger("a")}});
  EXPECT_FALSE(set.RefusedAbove("apps/a.yaml"));
}

TEST_F(Tree, ARefusedManifestThatWasNotKnownMayBeAnyThatMoved) {
  Load({{"a.yaml", Trigger("a")}, {"b.yaml", Trigger("b")}});
  EXPECT_FALSE(Update({{"b.yaml", "", "is a symlink"}}).unnamed_errors);
  EXPECT_TRUE(Update({{"a.yaml", ""}, {"c.yaml", "", "is a symlink"}}).unnamed_errors);
}

TEST_F(Tree, AFileWithoutAnyObjectIsBare) {
  const auto set = Load({{"a.yaml", Trigger("a")}, {"b.yaml", "kind: ["}, {"README.md", "x"}});
  EXPECT_THAT(set.bare, ElementsAre("b.yaml"));
}

TEST_F(Tree, AFaultyDocumentThatNamesNoObjectIsSaid) {
  EXPECT_FALSE(Load({{"a.yaml", Trigger("a") + "x: 1\n"}}).unnamed_errors) << "it names trigger/a";
  const std::string unparsable = Trigger("a") + "spec: [\n";
  EXPECT_TRUE(Update({{"b.yaml", unparsable}}).unnamed_errors);
  EXPECT_TRUE(Update({{"c.yaml", Trigger("c")}}).unnamed_errors) << "until it is mended";
  EXPECT_FALSE(Update({{"b.yaml", ""}}).unnamed_errors);
  EXPECT_TRUE(Update({{"b.yaml", "apiVersion: tinyforge.dev/v1\nkind: Trigger\nspec: {manual: {}}\n"}}).unnamed_errors);
  EXPECT_TRUE(Update({{"b.yaml", "apiVersion: tinyforge.dev/v1\nkind: Triger\nmetadata: {name: a}\n"}}).unnamed_errors);
}

TEST_F(Tree, OfTwoOfOneNameTheFirstByPathHolds) {
  const auto set = Load({{"b.yaml", Trigger("x")}, {"a.yaml", Trigger("y") + "---\n" + Trigger("x")}});
  EXPECT_EQ(set.Find({Kind::Trigger, "x"})->position.path, "a.yaml");
  EXPECT_THAT(
      Errors(set),
      ElementsAre(
          "b.yaml:1:1: metadata.name: trigger/x stands already in a.yaml:6:1, which holds; rename or remove one"));
  const auto after = Update({{"a.yaml", ""}});
  EXPECT_EQ(after.Find({Kind::Trigger, "x"})->position.path, "b.yaml");
  EXPECT_THAT(after.errors, IsEmpty());
}

TEST_F(Tree, TheFirstByPathHoldsWhateverCameFirst) {
  Load({{"b.yaml", Trigger("x")}, {"c.yaml", Trigger("x")}});
  EXPECT_EQ(Update({{"a.yaml", Trigger("x")}}).Find({Kind::Trigger, "x"})->position.path, "a.yaml");
  const auto set = Update({{"b.yaml", Trigger("z")}});
  EXPECT_EQ(set.Find({Kind::Trigger, "x"})->position.path, "a.yaml");
  EXPECT_THAT(set.errors, SizeIs(1));
  EXPECT_EQ(Update({{"a.yaml", ""}}).Find({Kind::Trigger, "x"})->position.path, "c.yaml");
}

TEST_F(Tree, OfTwoClaimsOfAHostPortTheLaterNameIsAtFault) {
  const auto set = Load({{"a.yaml", Web("zoo", "ports: [{container: 80, host: 80}]")},
                         {"b.yaml", Web("ant", "ports: [{container: 81, host: 80}]")}});
  EXPECT_THAT(Names(set), ElementsAre("ant"));
  EXPECT_THAT(set.broken, ElementsAre(ObjectKey{Kind::Workload, "zoo"}));
  EXPECT_THAT(Errors(set), ElementsAre("a.yaml:1:1: spec.ports[0].host: workload/zoo claims host port 80/TCP, which "
                                       "workload/ant (b.yaml:1:1) has already"));
  EXPECT_THAT(Names(Update({{"b.yaml", Web("ant", "replicas: 2")}})), ElementsAre("ant", "zoo"));
}

TEST_F(Tree, OneFileOfTenThousandCostsMilliseconds) {
  std::vector<TreeChange> tree;
  for (int i = 0; i < 10'000; ++i)
    tree.push_back({"apps/w" + std::to_string(i) + ".yaml", Trigger("w" + std::to_string(i))});
  v1::ObjectSet set = Load(tree);
  ASSERT_THAT(set.objects, SizeIs(10'000));
  auto best = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    set = Update({{"apps/w5000.yaml", Trigger("w5000") + "# " + std::to_string(i) + "\n"}});
    best = std::min(best, std::chrono::steady_clock::now() - begin);
    EXPECT_EQ(loader_.decoded(), 1U);
  }
  // Sanitizers cost a factor; without them it takes about 1 ms.
  EXPECT_LT(best, std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace tinyforge::codec
