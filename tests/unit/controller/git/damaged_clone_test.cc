// A clone that is unreadable in any way is made again, once, and what is in force stays so meanwhile.
#include <gmock/gmock.h>

#include <thread>

#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class DamagedCloneTest : public GitRepositoryTest {
 protected:
  DamagedCloneTest() {
    Sh("head -c 20000 /dev/urandom | base64 > '" + origin_.path() + "/noise'");
    head_ = origin_.CommitFile("a.yaml", "one");
    repository_ = Make(Options());
    Sync(*repository_);
  }
  std::vector<fs::path> Packs(const char* extension) const {
    std::vector<fs::path> packs;
    for (const auto& entry : fs::directory_iterator(dir_ / "state/git/objects/pack")) {
      if (entry.path().extension() == extension) packs.push_back(entry.path());
    }
    EXPECT_FALSE(packs.empty());
    return packs;
  }
  // The running controller, and one that starts now, both get over it.
  void ExpectRepaired() {
    const SyncResult result = Sync(*repository_, head_);
    EXPECT_TRUE(result.recloned);
    EXPECT_EQ(result.revision, head_);
    EXPECT_FALSE(result.changed);
    auto tree = repository_->Tree(head_);
    ASSERT_TRUE(tree) << tree.error().message;
    EXPECT_EQ(*(*tree)->Read((*tree)->List("a.yaml")->front()), "one");
    EXPECT_FALSE(Sync(*repository_, head_).recloned) << "repaired once, and then it is good";
  }

  Revision head_;
  std::unique_ptr<GitRepository> repository_;
};

TEST_F(DamagedCloneTest, TruncatedPack) {
  auto open_before = repository_->Tree(head_);
  ASSERT_TRUE(open_before);
  auto entries = (*open_before)->List("noise");
  ASSERT_TRUE(entries);
  for (const fs::path& pack : Packs(".pack")) {
    fs::permissions(pack, fs::perms::owner_all);
    fs::resize_file(pack, 3);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(60));  // a handle looks at its packs again after 50 ms
  EXPECT_FALSE((*open_before)->Read(entries->front())) << "an error, not a signal";
  EXPECT_THAT(repository_->Tree(head_).error().message, HasSubstr("damaged"));
  ExpectRepaired();
}

TEST_F(DamagedCloneTest, FlippedBytesInAPack) {
  for (const fs::path& pack : Packs(".pack")) {
    fs::permissions(pack, fs::perms::owner_all);
    std::fstream file(pack, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200);
    file << std::string(8000, '\x5a');
  }
  auto tree = repository_->Tree(head_);
  bool failed = !tree;
  if (tree) {
    auto entries = (*tree)->List("");
    failed = !entries;
    for (std::size_t i = 0; entries && i < entries->size(); ++i) failed |= !(*tree)->Read((*entries)[i]);
  }
  EXPECT_TRUE(failed);
  ExpectRepaired();
}

TEST_F(DamagedCloneTest, MissingPackAndIndex) {
  for (const char* extension : {".pack", ".idx"}) {
    for (const fs::path& pack : Packs(extension)) fs::remove(pack);
  }
  EXPECT_FALSE(repository_->Tree(head_));
  auto result = repository_->Sync(head_, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->revision, head_);
  auto tree = repository_->Tree(head_);
  ASSERT_TRUE(tree) << tree.error().message;
}

TEST_F(DamagedCloneTest, EmptyTipReference) {
  std::ofstream(dir_ / "state/git/refs/tinyforge/tip", std::ios::trunc).close();
  ExpectRepaired();
}

TEST_F(DamagedCloneTest, MissingHead) {
  fs::remove(dir_ / "state/git/HEAD");
  ExpectRepaired();
}

TEST_F(DamagedCloneTest, MissingFolder) {
  fs::remove_all(fs::canonical(dir_ / "state/git"));
  ExpectRepaired();
}

TEST_F(DamagedCloneTest, AFileInItsPlace) {
  fs::remove(dir_ / "state/git");
  std::ofstream(dir_ / "state/git") << "x";
  ExpectRepaired();
}

TEST_F(DamagedCloneTest, AFolderInItsPlace) {
  fs::remove(dir_ / "state/git");
  fs::create_directories(dir_ / "state/git/x");
  ExpectRepaired();
}

TEST_F(DamagedCloneTest, WhatAKilledFetchLeftIsSweptAway) {
  const std::string git = dir_ / "state/git";
  for (const char* file : {"/refs/tinyforge/tip.lock", "/HEAD.lock", "/config.lock", "/packed-refs.lock",
                           "/objects/pack/pack_git2_abc123", "/objects/pack/pack-1234.idx"}) {
    std::ofstream(git + file) << "x";
  }
  fs::create_directories(dir_ / "state/git-half");
  const Revision next = origin_.CommitFile("a.yaml", "two");
  const SyncResult result = Sync(*repository_, head_);
  EXPECT_FALSE(result.recloned);
  EXPECT_EQ(result.revision, next);
  EXPECT_FALSE(fs::exists(git + "/refs/tinyforge/tip.lock"));
  EXPECT_FALSE(fs::exists(git + "/objects/pack/pack_git2_abc123"));
  EXPECT_FALSE(fs::exists(git + "/objects/pack/pack-1234.idx"));
}

TEST_F(DamagedCloneTest, TreesOfTheDamagedCloneSayNothingAboutTheNewOne) {
  auto old_tree = repository_->Tree(head_);
  ASSERT_TRUE(old_tree);
  fs::remove(dir_ / "state/git/refs/tinyforge/tip");
  ExpectRepaired();
  for (const auto& entry : fs::directory_iterator(dir_ / "state")) {
    if (fs::canonical(entry.path()) != fs::canonical(dir_ / "state/git")) fs::remove_all(entry.path());
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_FALSE((*old_tree)->List(""));
  EXPECT_FALSE(Sync(*repository_, head_).recloned);
}

TEST_F(DamagedCloneTest, DamagedCloneStaysInPlaceWhileTheRemoteIsDown) {
  fs::remove(dir_ / "state/git/refs/tinyforge/tip");
  fs::rename(origin_.path(), origin_.path() + ".away");
  SyncError(*repository_, head_);
  EXPECT_TRUE(repository_->Tree(head_)) << "what can still be read is read";
  fs::rename(origin_.path() + ".away", origin_.path());
  ExpectRepaired();
}

}  // namespace
}  // namespace tinyforge
