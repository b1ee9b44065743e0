#include "controller/git/git_tree.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GitTreeTest : public GitRepositoryTest {
 protected:
  std::unique_ptr<GitTree> TreeOfHead(const std::string& path = "") {
    auto options = Options();
    options.path = path;
    repository_ = Make(options);
    auto tree = repository_->Tree(Sync(*repository_).revision);
    if (!tree) ADD_FAILURE() << tree.error().message;
    return tree ? *std::move(tree) : nullptr;
  }
  static std::vector<std::string> Paths(const GitTree& tree, const std::string& path) {
    auto entries = tree.List(path);
    if (!entries) return {ToString(entries.error().kind).data() + (": " + entries.error().message)};
    std::vector<std::string> paths;
    for (const TreeEntry& entry : *entries) paths.push_back(entry.path);
    return paths;
  }

  std::unique_ptr<GitRepository> repository_;
};

TEST_F(GitTreeTest, ListsFilesAndFoldersInOrderOfTheirPaths) {
  for (const char* file : {"conf/a/z", "conf/a-b", "conf/a.b", "conf/b", "other"}) origin_.Write(file, file);
  origin_.Commit();
  const auto tree = TreeOfHead();
  EXPECT_THAT(Paths(*tree, "conf/"), ElementsAre("conf/a-b", "conf/a.b", "conf/a/z", "conf/b"));
  EXPECT_THAT(Paths(*tree, "./conf/a"), ElementsAre("conf/a/z"));
  EXPECT_THAT(Paths(*tree, "conf/b"), ElementsAre("conf/b"));
  EXPECT_EQ(Paths(*tree, "").size(), 5u);
}

TEST_F(GitTreeTest, PathsAreRelativeToTheSubPath) {
  origin_.CommitFile("hosts/web/conf/a", "text");
  const auto tree = TreeOfHead("hosts/web");
  EXPECT_THAT(Paths(*tree, "conf"), ElementsAre("conf/a"));
  EXPECT_THAT(Paths(*tree, "../web"), ElementsAre(HasSubstr("Invalid")));
  EXPECT_EQ(*tree->Read(tree->List("conf/a")->front()), "text");
}

TEST_F(GitTreeTest, KeepsTheExecutableBit) {
  origin_.Write("plain", "1");
  origin_.Write("script", "1");
  Sh("chmod +x '" + origin_.path() + "/script'");
  origin_.Commit();
  const auto tree = TreeOfHead();
  EXPECT_FALSE(tree->List("plain")->front().executable);
  EXPECT_TRUE(tree->List("script")->front().executable);
}

TEST_F(GitTreeTest, WhatIsNotThereIsNotFoundAndNamed) {
  origin_.CommitFile("conf/a", "text");
  const auto tree = TreeOfHead();
  EXPECT_THAT(Paths(*tree, "conf/b/c"), ElementsAre("NotFound: \"conf/b\" is not in the repository"));
  EXPECT_THAT(Paths(*tree, "conf/a/c"), ElementsAre("NotFound: \"conf/a\" is a file, not a folder"));
}

TEST_F(GitTreeTest, SymlinkIsRefusedAtAPathOnTheWayAndInAFolder) {
  origin_.CommitFile("conf/a", "text");
  Sh("ln -s /etc '" + origin_.path() + "/conf/etc'");
  origin_.Commit();
  const auto tree = TreeOfHead();
  EXPECT_THAT(Paths(*tree, "conf/etc"), ElementsAre("Invalid: \"conf/etc\" is a symlink"));
  EXPECT_THAT(Paths(*tree, "conf/etc/passwd"), ElementsAre("Invalid: \"conf/etc\" is a symlink"));
  EXPECT_THAT(Paths(*tree, "conf"), ElementsAre("Invalid: \"conf/etc\" is a symlink"));
  EXPECT_THAT(Paths(*tree, "conf/a"), ElementsAre("conf/a"));
}

TEST_F(GitTreeTest, FileBeyondTheLimitIsRefusedByItsHeader) {
  origin_.CommitFile("big", std::string(kMaxManifestBytes + 1, 'x'));
  const auto tree = TreeOfHead();
  const TreeEntry entry = tree->List("big")->front();
  EXPECT_THAT(tree->ReadBlob(entry.blob, kMaxManifestBytes).error().message,
              HasSubstr("1048577 bytes; at most 1048576"));
  EXPECT_EQ(tree->Read(entry)->size(), kMaxManifestBytes + 1);
}

TEST_F(GitTreeTest, AnIdThatIsNoFileIsInvalid) {
  origin_.CommitFile("a", "text");
  const auto tree = TreeOfHead();
  EXPECT_EQ(tree->ReadBlob(tree->revision(), 100).error().kind, ErrorKind::Invalid);
  EXPECT_EQ(tree->ReadBlob("../x", 100).error().kind, ErrorKind::Invalid);
}

TEST_F(GitTreeTest, UnknownRevisionIsNotFound) {
  origin_.CommitFile("a", "text");
  TreeOfHead();
  EXPECT_EQ(repository_->Tree(std::string(40, 'a')).error().kind, ErrorKind::NotFound);
}

TEST_F(GitTreeTest, ManyThreadsReadWhileALaterRevisionIsFetched) {
  for (int i = 0; i < 50; ++i) origin_.Write("f" + std::to_string(i), std::to_string(i));
  const Revision first = origin_.Commit();
  const auto tree = TreeOfHead();
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        auto entries = tree->List("f" + std::to_string(i));
        ASSERT_TRUE(entries);
        EXPECT_EQ(*tree->Read(entries->front()), std::to_string(i));
        EXPECT_TRUE(*repository_->HistoryContains(first, first));
      }
    });
  }
  Revision in_force = first;
  for (int i = 0; i < 3; ++i) {
    const Revision next = origin_.CommitFile("g" + std::to_string(i), "new");
    in_force = Sync(*repository_, in_force).revision;
    EXPECT_EQ(in_force, next);
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace tinyforge
