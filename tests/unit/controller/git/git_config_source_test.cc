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
