#include "controller/git/git_repository.h"

#include <gmock/gmock.h>

#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST_F(GitRepositoryTest, FirstSyncClonesAndListsEverything) {
  origin_.Write("a.yaml", "one");
  const Revision head = origin_.CommitFile("apps/b.yaml", "two");
  auto repository = Make(Options());
  const SyncResult result = Sync(*repository);
  EXPECT_EQ(result.revision, head);
  EXPECT_TRUE(result.changed);
  EXPECT_TRUE(result.recloned);
  EXPECT_TRUE(result.complete);
  EXPECT_FALSE(result.rewritten);
  EXPECT_THAT(Shown(result.changes), ElementsAre("+a.yaml", "+apps/b.yaml"));
  EXPECT_EQ(repository->Reason(), "Synced");
  auto tree = repository->Tree(head);
  ASSERT_TRUE(tree);
  EXPECT_EQ(*(*tree)->ReadBlob(result.changes[1].blob, 100), "two");
}

TEST_F(GitRepositoryTest, UnchangedBranchNeedsNoChildAndHasNoChanges) {
  const Revision head = origin_.CommitFile("a.yaml", "one");
  auto repository = Make(Options());
  Sync(*repository);
  auto options = Options();
  options.fetcher.executable = "/nonexistent";
  const SyncResult result = Sync(*Make(options), head);
  EXPECT_EQ(result.revision, head);
  EXPECT_FALSE(result.changed);
  EXPECT_FALSE(result.recloned);
  EXPECT_THAT(result.changes, IsEmpty());
}

TEST_F(GitRepositoryTest, LaterSyncListsOnlyWhatDiffers) {
  origin_.Write("same.yaml", "s");
  origin_.Write("gone.yaml", "g");
  origin_.Write("deep/er/old.yaml", "moved");
  const Revision before = origin_.CommitFile("edited.yaml", "1");
  auto repository = Make(Options());
  Sync(*repository);
  origin_.Git("mv deep/er/old.yaml deep/new.yaml && git rm -q gone.yaml");
  origin_.Write("script.sh", "#!/bin/sh\n");
  Sh("chmod +x '" + origin_.path() + "/script.sh'");
  const Revision head = origin_.CommitFile("edited.yaml", "2");
  const SyncResult result = Sync(*repository, before);
  EXPECT_EQ(result.revision, head);
  EXPECT_FALSE(result.recloned);
  EXPECT_FALSE(result.complete);
  EXPECT_THAT(Shown(result.changes),
              ElementsAre("-deep/er/old.yaml", "+deep/new.yaml", "+edited.yaml", "-gone.yaml", "+script.sh"));
  EXPECT_TRUE(result.changes.back().executable);
  EXPECT_FALSE(result.changes[2].executable);
}

TEST_F(GitRepositoryTest, RestartEnforcesTheLastRevisionWhileTheRemoteIsDown) {
  const Revision head = origin_.CommitFile("a.yaml", "one");
  Sync(*Make(Options()));
  std::filesystem::rename(origin_.path(), origin_.path() + ".away");
  auto repository = Make(Options());
  auto fetched = repository->LastFetched();
  ASSERT_TRUE(fetched);
  EXPECT_EQ(*fetched, head);
  auto tree = repository->Tree(head);
  ASSERT_TRUE(tree);
  EXPECT_EQ((*tree)->List("")->size(), 1u);
  EXPECT_THAT(SyncError(*repository, head).message, HasSubstr(origin_.path()));
  EXPECT_EQ(*repository->LastFetched(), head);
  std::filesystem::rename(origin_.path() + ".away", origin_.path());
  EXPECT_FALSE(Sync(*repository, head).changed);
  EXPECT_EQ(repository->Reason(), "Synced");
}

TEST_F(GitRepositoryTest, CloneOfAnotherBranchOrRepositoryIsNotTakenForOurs) {
  origin_.CommitFile("a.yaml", "one");
  origin_.Git("branch other");
  Sync(*Make(Options()));
  auto options = Options();
  options.branch = "other";
  auto repository = Make(options);
  EXPECT_EQ(repository->LastFetched().error().kind, ErrorKind::NotFound);
  EXPECT_TRUE(Sync(*repository).recloned);
}

TEST_F(GitRepositoryTest, SubPathIsAllThatIsSeen) {
  origin_.Write("other/x.yaml", "x");
  const Revision before = origin_.CommitFile("hosts/web/a.yaml", "one");
  auto options = Options();
  options.path = "./hosts/web/";
  auto repository = Make(options);
  EXPECT_THAT(Shown(Sync(*repository).changes), ElementsAre("+a.yaml"));
  const Revision head = origin_.CommitFile("other/x.yaml", "changed");
  const SyncResult result = Sync(*repository, before);
  EXPECT_EQ(result.revision, head);
  EXPECT_TRUE(result.changed);
  EXPECT_THAT(result.changes, IsEmpty());
}

TEST_F(GitRepositoryTest, MissingSubPathIsAnErrorThatNamesWhatIsThere) {
  origin_.Write("README.md", "r");
  const Revision before = origin_.CommitFile("hosts/web/a.yaml", "one");
  auto options = Options();
  options.path = "hosts/web";
  auto repository = Make(options);
  Sync(*repository);
  origin_.Git("mv hosts/web hosts/www");
  origin_.Commit();
  const Error error = SyncError(*repository, before);
  EXPECT_EQ(error.kind, ErrorKind::NotFound);
  EXPECT_THAT(error.message, HasSubstr("\"hosts/web\" is not in the repository; in \"hosts\" there is www/"));
  EXPECT_EQ(repository->Reason(), "TreeUnusable");
  options.path = "README.md";
  EXPECT_THAT(SyncError(*Make(options)).message,
              HasSubstr("\"README.md\" is not a folder; at the top of the repository there is README.md, hosts/"));
}

TEST_F(GitRepositoryTest, SymlinksAndSubmodulesAreRefusedOneByOne) {
  origin_.Write("a.yaml", "one");
  Sh("ln -s /etc/passwd '" + origin_.path() + "/leak.yaml'");
  Sh("ln -s . '" + origin_.path() + "/loop'");
  origin_.Git("add -A && git update-index --add --cacheinfo 160000," + std::string(40, '1') + ",vendor/sub");
  origin_.Git("commit -q -m links");
  auto repository = Make(Options());
  const SyncResult result = Sync(*repository);
  EXPECT_THAT(Shown(result.changes),
              ElementsAre("+a.yaml", "!leak.yaml is a symlink", "!loop is a symlink", "!vendor/sub is a submodule"));
}

TEST_F(GitRepositoryTest, FileThatBecomesASymlinkIsRefusedAndNotRemoved) {
  const Revision before = origin_.CommitFile("a.yaml", "one");
  auto repository = Make(Options());
  Sync(*repository);
  Sh("ln -sf /etc/passwd '" + origin_.path() + "/a.yaml'");
  origin_.Commit();
  const SyncResult result = Sync(*repository, before);
  EXPECT_THAT(Shown(result.changes), ElementsAre("!a.yaml is a symlink"));
  EXPECT_FALSE(result.changes[0].removed());
}

TEST_F(GitRepositoryTest, FileThatBecomesAFolderIsRemovedAndItsFilesWritten) {
  const Revision before = origin_.CommitFile("a", "one");
  auto repository = Make(Options());
  Sync(*repository);
  origin_.Git("rm -q a");
  origin_.CommitFile("a/b.yaml", "two");
  EXPECT_THAT(Shown(Sync(*repository, before).changes), UnorderedElementsAre("-a", "+a/b.yaml"));
}

TEST_F(GitRepositoryTest, OddNamesAreRefusedAndShownPrintable) {
  origin_.Write("ok-\xc3\xa4.yaml", "u");
  const std::string blob = origin_.Git("hash-object -w --stdin </dev/null");
  const std::string inner =
      Sh("printf '100644 blob " + blob + "\\tconfig\\n' | git -C '" + origin_.path() + "' mktree");
  const std::string tree = Sh("printf '100644 blob " + blob + "\\tbad\\033[31m.yaml\\000" + "100644 blob " + blob +
                              "\\tnot-utf8-\\377\\000" + "040000 tree " + inner + "\\t.GIT\\000' | git -C '" +
                              origin_.path() + "' mktree -z");
  const std::string commit = origin_.Git("commit-tree -m odd " + tree);
  origin_.Git("update-ref refs/heads/main " + commit);
  auto repository = Make(Options());
  EXPECT_THAT(Shown(Sync(*repository).changes),
              ElementsAre("!.GIT has a name that is not allowed",
                          "!bad\\x1b[31m.yaml has a name with control characters or that is not UTF-8",
                          "!not-utf8-\\xff has a name with control characters or that is not UTF-8"));
}

TEST_F(GitRepositoryTest, RewrittenHistoryIsFollowedAndReported) {
  origin_.CommitFile("a.yaml", "one");
  const Revision before = origin_.CommitFile("b.yaml", "two");
  auto repository = Make(Options());
  Sync(*repository);
  origin_.Git("reset -q --hard HEAD~1");
  const Revision head = origin_.CommitFile("c.yaml", "three");
  SyncResult result = Sync(*repository, before);
  EXPECT_EQ(result.revision, head);
  EXPECT_TRUE(result.rewritten);
  EXPECT_THAT(Shown(result.changes), ElementsAre("-b.yaml", "+c.yaml"));
  EXPECT_FALSE(*repository->HistoryContains(before, head));
  origin_.Git("reset -q --hard HEAD~1");
  result = Sync(*repository, head);
  EXPECT_TRUE(result.rewritten) << "back to an older commit";
  EXPECT_THAT(Shown(result.changes), ElementsAre("-c.yaml"));
}

TEST_F(GitRepositoryTest, UnrelatedHistoryIsFollowed) {
  const Revision before = origin_.CommitFile("a.yaml", "one");
  auto repository = Make(Options());
  Sync(*repository);
  origin_.Git("checkout -q --orphan fresh && git branch -D main && git branch -m main");
  const Revision head = origin_.CommitFile("b.yaml", "two");
  const SyncResult result = Sync(*repository, before);
  EXPECT_EQ(result.revision, head);
  EXPECT_TRUE(result.rewritten);
  EXPECT_THAT(Shown(result.changes), ElementsAre("+b.yaml"));
}

TEST_F(GitRepositoryTest, MissingBranchNamesThoseThatExist) {
  origin_.CommitFile("a.yaml", "one");
  origin_.Git("branch -m main trunk");
  auto repository = Make(Options());
  const Error error = SyncError(*repository);
  EXPECT_EQ(repository->Reason(), "BranchMissing");
  EXPECT_EQ(error.kind, ErrorKind::Waiting);
  EXPECT_THAT(error.message, HasSubstr("no branch \"main\"; there is trunk"));
}

TEST_F(GitRepositoryTest, ListOfBranchesIsBounded) {
  origin_.CommitFile("a.yaml", "one");
  for (int i = 10; i < 40; ++i) origin_.Git("branch b" + std::to_string(i));
  auto options = Options();
  options.branch = "nope";
  EXPECT_THAT(SyncError(*Make(options)).message, HasSubstr("b19 and 21 more"));
}

TEST_F(GitRepositoryTest, EmptyRepositoryIsAMissingBranch) {
  auto repository = Make(Options());
  EXPECT_THAT(SyncError(*repository).message, HasSubstr("no branch at all"));
}

TEST_F(GitRepositoryTest, CommitWithoutFilesIsATreeWithoutFiles) {
  const Revision before = origin_.CommitFile("a.yaml", "one");
  auto repository = Make(Options());
  Sync(*repository);
  origin_.Git("rm -q a.yaml");
  origin_.Commit();
  EXPECT_THAT(Shown(Sync(*repository, before).changes), ElementsAre("-a.yaml"));
}

TEST_F(GitRepositoryTest, ChangeListOfTenThousandFilesTouchesOnlyWhatChanged) {
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 0; i < 10'000; ++i) {
    files.emplace_back("apps/" + std::to_string(i / 100) + "/m" + std::to_string(i) + ".yaml",
                       "n: " + std::to_string(i) + "\n");
  }
  const Revision before = origin_.CommitMany(files);
  auto repository = Make(Options());
  EXPECT_EQ(Sync(*repository).changes.size(), 10'000u);
  const Revision head = origin_.CommitMany({{"apps/7/m700.yaml", "n: changed\n"}});
  EXPECT_THAT(Shown(Sync(*repository, before).changes), ElementsAre("+apps/7/m700.yaml"));
  auto best = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(repository->Changes(before, head));
    best = std::min(best, std::chrono::steady_clock::now() - start);
  }
  EXPECT_LT(best, std::chrono::milliseconds(200));
}

TEST_F(GitRepositoryTest, TreeBeyondTheLimitIsRefusedWhetherItGrewOrCameAtOnce) {
  std::vector<std::pair<std::string, std::string>> files;
  for (std::size_t i = 0; i < kMaxTreeFiles; ++i) {
    files.emplace_back(std::to_string(i / 500) + "/" + std::to_string(i), std::to_string(i % 7));
  }
  const Revision full = origin_.CommitMany(files);
  auto repository = Make(Options());
  EXPECT_EQ(Sync(*repository).changes.size(), kMaxTreeFiles);
  origin_.CommitMany({{"one-more", "1"}});
  EXPECT_THAT(SyncError(*repository, full).message, HasSubstr("20001 files; at most 20000"));
  EXPECT_THAT(SyncError(*repository).message, HasSubstr("20001 files; at most 20000"));
  EXPECT_THAT(SyncError(*Make(Options()), full).message, HasSubstr("20001 files; at most 20000"));
  EXPECT_FALSE(repository->Changes("", *repository->LastFetched())) << "a start with this tree fails as well";
}

TEST_F(GitRepositoryTest, HistoryAnswersWhetherACommitIsInItAndHeldAFile) {
  const Revision first = origin_.CommitFile("hosts/a.yaml", "one");
  origin_.Git("rm -q hosts/a.yaml");
  const Revision second = origin_.CommitFile("hosts/b.yaml", "two");
  origin_.Git("checkout -q -b side");
  const Revision side = origin_.CommitFile("hosts/c.yaml", "three");
  origin_.Git("checkout -q main");
  auto options = Options();
  options.path = "hosts";
  auto repository = Make(options);
  Sync(*repository);
  EXPECT_TRUE(*repository->HistoryContains(first, second));
  EXPECT_TRUE(*repository->HistoryContains(second, second));
  EXPECT_FALSE(*repository->HistoryContains(second, first));
  EXPECT_FALSE(*repository->HistoryContains(side, second));
  EXPECT_FALSE(*repository->HistoryContains(std::string(40, 'a'), second));
  EXPECT_FALSE(*repository->HistoryContains("not-a-commit", second));
  EXPECT_TRUE(*repository->HeldFile(first, "a.yaml"));
  EXPECT_FALSE(*repository->HeldFile(second, "a.yaml"));
  EXPECT_FALSE(*repository->HeldFile(std::string(40, 'a'), "a.yaml"));
}

TEST_F(GitRepositoryTest, OptionsAreCheckedBeforeAnythingIsTouched) {
  const auto error_of = [&](auto edit) {
    GitRepositoryOptions options = Options();
    edit(options);
    auto repository = GitRepository::Create(options);
    return repository ? std::string("accepted") : repository.error().message;
  };
  EXPECT_THAT(error_of([](auto& o) { o.branch = "--upload-pack=sh"; }), HasSubstr("not a valid branch name"));
  EXPECT_THAT(error_of([](auto& o) { o.branch = "a..b"; }), HasSubstr("not a valid branch name"));
  EXPECT_THAT(error_of([](auto& o) { o.path = "../x"; }), HasSubstr("stay inside"));
  EXPECT_THAT(error_of([](auto& o) { o.state_dir = "state"; }), HasSubstr("absolute"));
  EXPECT_THAT(error_of([](auto& o) { o.url = "ssh://git@example.com/x"; }), HasSubstr("known_hosts"));
  EXPECT_THAT(error_of([](auto& o) { o.auth.token_file = "token"; }), HasSubstr("absolute path"));
}

}  // namespace
}  // namespace tinyforge
