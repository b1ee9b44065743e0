#include "controller/git/git_remote_refs.h"

#include <gmock/gmock.h>

#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class GitRemoteRefsTest : public ::testing::Test {
 protected:
  std::unique_ptr<GitRemoteRefs> Make(const std::string& url, Duration deadline = Duration(30'000)) const {
    auto made = GitRemoteRefs::Create(
        {.url = url, .child = {.executable = kChildHelper, .deadline = deadline}, .state_dir = dir_ / "state"});
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  static std::string Located(GitRemoteRefs& refs, const std::string& repository) {
    auto url = refs.Locate(repository);
    return url ? *url : "no: " + url.error().message;
  }

  TempDir dir_;
};

TEST_F(GitRemoteRefsTest, UrlsAreAskedAndOwnerAndNameOnlyOfTheConfigRepository) {
  const auto refs = Make("https://git.example.com/Acme/config.git");
  EXPECT_EQ(Located(*refs, "https://GIT.example.com/acme/shop.git"), "https://git.example.com/acme/shop.git");
  EXPECT_EQ(Located(*refs, "https://other.example.com/acme/shop"), "https://other.example.com/acme/shop");
  EXPECT_EQ(Located(*refs, "acme/config"), "https://git.example.com/Acme/config.git");
  EXPECT_EQ(Located(*refs, "acme/shop"), "no: it is no URL");
  EXPECT_THAT(Located(*refs, "git@git.example.com:acme/shop.git"), HasSubstr("no: "));
  EXPECT_THAT(Located(*refs, "git://git.example.com/acme/shop.git"), HasSubstr("no: "));
  EXPECT_THAT(Located(*refs, "https://me:hunter2@git.example.com/acme/shop.git"),
              AllOf(HasSubstr("no: "), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(Located(*refs, "http://git.example.com/acme/shop.git"), HasSubstr("no: ")) << "in clear";
}

TEST_F(GitRemoteRefsTest, TheKeyIsForItsOwnServerAlone) {
  const auto refs = Make("ssh://git@git.example.com/acme/config.git");
  EXPECT_EQ(Located(*refs, "ssh://git@git.example.com:22/acme/shop.git"), "ssh://git@git.example.com:22/acme/shop.git");
  EXPECT_THAT(Located(*refs, "ssh://git@git.example.com:2222/acme/shop.git"), HasSubstr("no: ssh needs a key"));
  EXPECT_THAT(Located(*refs, "ssh://git@other.example.com/acme/shop.git"), HasSubstr("no: ssh needs a key"));
}

TEST_F(GitRemoteRefsTest, ARepositoryOfThisMachineIsNotAskedUnlessItIsTheConfigRepository) {
  const auto refs = Make(dir_ / "config");
  EXPECT_EQ(Located(*refs, dir_ / "config"), dir_ / "config");
  EXPECT_EQ(Located(*refs, "file://" + (dir_ / "config")), dir_ / "config");
  EXPECT_THAT(Located(*refs, dir_ / "other"), HasSubstr("no: it is on this machine"));
  EXPECT_FALSE(refs->List(dir_ / "other", {})) << "whoever calls";
}

TEST_F(GitRemoteRefsTest, BranchesAndPeeledTagsAreListedAndNothingElse) {
  const WorkTree origin(dir_ / "config");
  const std::string first = origin.CommitFile("a", "one");
  origin.Git("tag light && git tag -a heavy -m heavy && git tag -a twice -m twice heavy");
  origin.Git("update-ref refs/pull/1/head HEAD && git update-ref refs/notes/commits HEAD");
  const std::string second = origin.CommitFile("a", "two");
  origin.Git("branch feature/x");
  const auto listed = Make(origin.path())->List(origin.path(), {});
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_THAT(*listed, UnorderedElementsAre(Pair("HEAD", second), Pair("refs/heads/main", second),
                                            Pair("refs/heads/feature/x", second), Pair("refs/tags/light", first),
                                            Pair("refs/tags/heavy", first), Pair("refs/tags/twice", first)));
}

TEST_F(GitRemoteRefsTest, AnEmptyRepositoryHasNone) {
  Sh("git init -q --bare '" + (dir_ / "config") + "'");
  const auto listed = Make(dir_ / "config")->List(dir_ / "config", {});
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_TRUE(listed->empty());
}

TEST_F(GitRemoteRefsTest, NamesThatAreNoTextAreLeftOut) {
  const WorkTree origin(dir_ / "config");
  origin.CommitFile("a", "one");
  origin.Git("branch 'gr\xc3\xbc\xc3\x9f'");
  origin.Git("update-ref \"$(printf 'refs/heads/gr\\374n')\" HEAD");
  origin.Git("branch " + std::string(240, 'x'));
  const auto listed = Make(origin.path())->List(origin.path(), {});
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_TRUE(listed->contains("refs/heads/gr\xc3\xbc\xc3\x9f"));
  EXPECT_EQ(listed->size(), 3U) << "HEAD, main and one more";
}

TEST_F(GitRemoteRefsTest, TooManyAreAnErrorAndNotAPart) {
  const WorkTree origin(dir_ / "config");
  const std::string head = origin.CommitFile("a", "one");
  {
    std::ofstream packed(origin.path() + "/.git/packed-refs");
    packed << "# pack-refs with: peeled fully-peeled sorted \n";
    for (int i = 10'000; i < 20'001; ++i) packed << head << " refs/tags/t" << i << "\n";
  }
  const auto listed = Make(origin.path())->List(origin.path(), {});
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, ErrorKind::Waiting);
  EXPECT_THAT(listed.error().message, HasSubstr("at most 10000 are read"));
}

TEST_F(GitRemoteRefsTest, AnUnreachableServerPasses) {
  const auto listed = Make("https://git.example.com/a/b")->List("http://127.0.0.1:1/a/b", {});
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, ErrorKind::Transient);
}

}  // namespace
}  // namespace tinyforge
