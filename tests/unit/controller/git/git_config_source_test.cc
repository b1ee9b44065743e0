// The repository as objects, from sync to sync: what could not be read stays known until it can.
#include "controller/git/git_config_source.h"

#include <gmock/gmock.h>

#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Trigger(const std::string& name) {
  return "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: " + name + "}\nspec: {manual: {}}\n";
}

class GitConfigSourceTest : public GitRepositoryTest {
 protected:
  std::shared_ptr<const v1::ObjectSet> SyncObjects(GitConfigSource& source) {
    auto update = source.Sync({});
    EXPECT_TRUE(update) << update.error().message;
    EXPECT_TRUE(update && *update) << "nothing new";
    return update && *update ? (*update)->snapshot->objects : std::make_shared<v1::ObjectSet>();
  }
  static std::vector<std::string> Errors(const v1::ObjectSet& set) {
    std::vector<std::string> lines;
    for (const auto& error : set.errors) lines.push_back(ToString(error));
    return lines;
  }
};

TEST_F(GitConfigSourceTest, AManifestThatBecameASymlinkIsAnErrorUntilItsPathChanges) {
  origin_.Write("b.yaml", Trigger("b"));
  origin_.CommitFile("a.yaml", Trigger("a"));
  GitConfigSource source(Make(Options()));
  SyncObjects(source);
  const std::string error = "a.yaml:1:1: is a symlink; a manifest must be a plain file";
  Sh("ln -sf b.yaml '" + origin_.path() + "/a.yaml'");
  origin_.Commit();
  auto set = SyncObjects(source);
  EXPECT_THAT(Errors(*set), ElementsAre(error));
  EXPECT_EQ(set->Find({Kind::Trigger, "a"}), nullptr) << "what stood there before is not current";
  origin_.CommitFile("b.yaml", Trigger("b2"));
  EXPECT_THAT(Errors(*SyncObjects(source)), ElementsAre(error)) << "a commit to another file mends nothing";
  GitConfigSource started(Make(Options()));
  EXPECT_THAT(Errors(*(*started.Restore())->snapshot->objects), ElementsAre(error));
  Sh("rm '" + origin_.path() + "/a.yaml'");
  origin_.CommitFile("a.yaml", Trigger("a"));
  set = SyncObjects(source);
  EXPECT_THAT(Errors(*set), IsEmpty());
  EXPECT_NE(set->Find({Kind::Trigger, "a"}), nullptr);
}

// As the manager does: what the second lacks for want of reading is noted.
std::vector<v1::ObjectPtr> Only(const v1::ObjectSet& set, const std::vector<std::string>& names) {
  std::vector<v1::ObjectPtr> objects;
  for (const auto& [key, object] : set.objects)
    for (const std::string& name : names)
      if (key.name == name) objects.push_back(object);
  return objects;
}

std::vector<std::string> Names(const v1::ObjectSet& set) {
  std::vector<std::string> names;
  for (const auto& [key, object] : set.objects) names.push_back(key.name);
  return names;
}

TEST_F(GitConfigSourceTest, WhatWasKeptIsGivenBackAfterARestart) {
  origin_.CommitFile("a.yaml", Trigger("a1") + "---\n" + Trigger("a2"));
  GitConfigSource source(Make(Options()));
  const auto first = SyncObjects(source);
  ASSERT_TRUE(source.NoteInForce({}));
  origin_.CommitFile("a.yaml", Trigger("a1") + "---\n" + Trigger("A2"));
  const auto second = SyncObjects(source);
  ASSERT_TRUE(source.NoteInForce(Only(*first, {"a2"})));
  origin_.CommitFile("a.yaml", "hello\n");
  SyncObjects(source);
  auto kept = Only(*first, {"a2"});
  kept.push_back(Only(*second, {"a1"}).front());
  ASSERT_TRUE(source.NoteInForce(kept));

  GitConfigSource started(Make(Options()));
  auto restored = started.Restore();
  ASSERT_TRUE(restored && *restored);
  ASSERT_EQ((*restored)->earlier.size(), 1u);
  EXPECT_THAT(Names(*(*restored)->earlier.front()), ElementsAre("a1", "a2"));
  const auto& set = *(*restored)->snapshot->objects;
  EXPECT_THAT(Names(set), IsEmpty());
  EXPECT_EQ(Errors(set).size(), 1u) << "the file is known to have held manifests";
}

TEST_F(GitConfigSourceTest, WhatWasKeptIsGivenBackAlsoWhenTheCloneIsGone) {
  origin_.CommitFile("a.yaml", Trigger("a"));
  GitConfigSource source(Make(Options()));
  const auto first = SyncObjects(source);
  origin_.CommitFile("a.yaml", Trigger("A"));
  SyncObjects(source);
  ASSERT_TRUE(source.NoteInForce(Only(*first, {"a"})));
  Sh("rm -r '" + (dir_ / "state/git") + "'");
  GitConfigSource started(Make(Options()));
  auto restored = started.Restore();
  ASSERT_TRUE(restored);
  EXPECT_FALSE(*restored) << "there is no clone";
  auto update = started.Sync({});
  ASSERT_TRUE(update && *update);
  ASSERT_EQ((*update)->earlier.size(), 1u);
  EXPECT_THAT(Names(*(*update)->earlier.front()), ElementsAre("a"));
  EXPECT_THAT(Names(*(*update)->snapshot->objects), IsEmpty());
}

TEST_F(GitConfigSourceTest, AfterACrashBeforeTheNoteTheRevisionNotedIsGivenAsWell) {
  origin_.CommitFile("a.yaml", Trigger("a"));
  GitConfigSource source(Make(Options()));
  SyncObjects(source);
  ASSERT_TRUE(source.NoteInForce({}));
  const std::string tip = origin_.CommitFile("a.yaml", Trigger("A"));
  SyncObjects(source);

  GitConfigSource started(Make(Options()));
  auto restored = started.Restore();
  ASSERT_TRUE(restored && *restored);
  EXPECT_EQ((*restored)->snapshot->objects->revision, tip);
  ASSERT_EQ((*restored)->earlier.size(), 1u);
  EXPECT_THAT(Names(*(*restored)->earlier.front()), ElementsAre("a"));
}

TEST_F(GitConfigSourceTest, AnUnusableTipLeavesWhatWasInForceInForceOverARestart) {
  GitRepositoryOptions options = Options();
  options.path = "hosts";
  const std::string good = origin_.CommitFile("hosts/a.yaml", Trigger("a"));
  GitConfigSource source(Make(options));
  SyncObjects(source);
  ASSERT_TRUE(source.NoteInForce({}));
  Sh("rm -r '" + origin_.path() + "/hosts'");
  origin_.Commit();
  ASSERT_FALSE(source.Sync({}));

  GitConfigSource started(Make(options));
  auto restored = started.Restore();
  ASSERT_TRUE(restored && *restored) << (restored ? "" : restored.error().message);
  EXPECT_EQ((*restored)->snapshot->objects->revision, good);
  EXPECT_THAT(Names(*(*restored)->snapshot->objects), ElementsAre("a"));
  EXPECT_FALSE(started.Sync({})) << "the tip is as unusable as before";
}

TEST_F(GitConfigSourceTest, ANoteThatIsGarbledOrOfAnotherRepositorySaysNothing) {
  origin_.CommitFile("a.yaml", Trigger("a"));
  GitConfigSource source(Make(Options()));
  const auto first = SyncObjects(source);
  ASSERT_TRUE(source.NoteInForce(Only(*first, {"a"})));
  for (const std::string& text : {std::string("{"), std::string("[]"), std::string("{\"origin\": 1}"), std::string()}) {
    std::ofstream(dir_ / "state/in-force.json") << text;
    GitConfigSource started(Make(Options()));
    auto restored = started.Restore();
    ASSERT_TRUE(restored && *restored);
    EXPECT_THAT((*restored)->earlier, IsEmpty());
  }
  ASSERT_TRUE(source.NoteInForce({}));
  ASSERT_TRUE(source.NoteInForce(Only(*first, {"a"})));
  Sh("sed -i 's|\"origin\": \"|&x|' '" + (dir_ / "state/in-force.json") + "'");
  GitConfigSource started(Make(Options()));
  auto restored = started.Restore();
  ASSERT_TRUE(restored && *restored);
  EXPECT_THAT((*restored)->earlier, IsEmpty());
}

TEST_F(GitConfigSourceTest, AfterTheCloneWasMadeAnewTheTreeIsReadFromTheNewOne) {
  origin_.Write("conf/x", "one\n");
  const std::string tip = origin_.CommitFile("a.yaml", Trigger("a"));
  GitConfigSource source(Make(Options()));
  SyncObjects(source);
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "state/git/objects/pack"))
    if (entry.path().extension() == ".pack")
      Sh("chmod u+w '" + entry.path().string() + "' && truncate -s 3 '" + entry.path().string() + "'");
  ASSERT_FALSE(Make(Options())->Tree(tip)) << "the clone is damaged";
  Sh("rm '" + (dir_ / "state/git") + "'");
  auto update = source.Sync({});
  ASSERT_TRUE(update) << update.error().message;
  ASSERT_TRUE(*update) << "the same revision from another clone";
  EXPECT_THAT(Names(*(*update)->snapshot->objects), ElementsAre("a"));
  const auto& tree = *(*update)->snapshot->tree;
  EXPECT_EQ(*tree.Read(tree.List("conf/x")->front()), "one\n");
  auto quiet = source.Sync({});
  ASSERT_TRUE(quiet);
  EXPECT_FALSE(*quiet);
}

TEST_F(GitConfigSourceTest, WhatCouldNotBeReadIsReadAtTheNextSyncWithoutANewRevision) {
  Sh("(head -c 20000 /dev/urandom | base64 | sed 's/^/# /'; printf '" +
     std::string("apiVersion: tinyforge.dev/v1\\nkind: Trigger\\nmetadata: {name: z}\\nspec: {manual: {}}\\n") +
     "') > '" + origin_.path() + "/z.yaml'");
  origin_.CommitFile("a.yaml", Trigger("a"));
  Sync(*Make(Options()));
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "state/git/objects/pack")) {
    if (entry.path().extension() != ".pack") continue;
    std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_all);
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(entry.path())) - 9000);
    file << std::string(4000, '\x5a');
  }
  GitConfigSource source(Make(Options()));
  auto restored = source.Restore();
  ASSERT_TRUE(restored && *restored);
  EXPECT_FALSE((*restored)->snapshot->objects->complete);
  const auto set = SyncObjects(source);
  EXPECT_TRUE(set->complete);
  EXPECT_NE(set->Find({Kind::Trigger, "z"}), nullptr);
  EXPECT_THAT(Errors(*set), IsEmpty());
  auto quiet = source.Sync({});
  ASSERT_TRUE(quiet);
  EXPECT_FALSE(*quiet);
}

}  // namespace
}  // namespace tinyforge
