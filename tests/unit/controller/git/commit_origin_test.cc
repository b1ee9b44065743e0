// Whose commits a push has brought, as the clone tells.
#include <gtest/gtest.h>

#include "controller/git/git_config_source.h"
#include "tests/unit/controller/git/write_back_rig.h"

namespace tinyforge {
namespace {

class CommitOriginTest : public WriteBackTest {
 protected:
  CommitOriginTest() {
    first_ = Push("shop.yaml", Shop("1"));
    writer_ = Writer();
    source_ = SourceOf(WriterOptions());
  }
  static std::unique_ptr<GitConfigSource> SourceOf(const GitRepoWriterOptions& options) {
    auto source = std::make_unique<GitConfigSource>(Make(options.repository));
    Fetch(*source);
    return source;
  }
  static void Fetch(GitConfigSource& source) { EXPECT_TRUE(source.Sync({})); }
  Revision Ours(const std::string& from, const std::string& to, const std::string& branch = "") {
    WriteBackRequest request = WriteTag(from, to);
    request.branch = branch;
    return Write(*writer_, request).commit;
  }
  Revision Theirs(const std::string& file) {
    Pull();
    return Push(file, "a: b\n");
  }
  CommitOrigin Of(const Revision& from, const Revision& to, const std::string& branch = "main") {
    return source_->OriginOf({branch, from, to});
  }

  Revision first_;
  std::unique_ptr<GitRepoWriter> writer_;
  std::unique_ptr<GitConfigSource> source_;
};

TEST_F(CommitOriginTest, OurOwnIsKnownBeforeItIsFetched) {
  const Revision ours = Ours("1", "2");
  EXPECT_EQ(Of(first_, ours), CommitOrigin::Tinyforge);
  EXPECT_EQ(Of("", ours), CommitOrigin::Tinyforge) << "the tip alone";
  EXPECT_EQ(Of(std::string(40, 'e'), ours), CommitOrigin::Tinyforge) << "the branch was rewritten";
}

TEST_F(CommitOriginTest, AnotherHostsIsKnownOnceItIsFetched) {
  auto options = WriterOptions();
  options.repository.state_dir = dir_ / "other";
  options.instance = "web2";
  const Revision theirs = Write(*Writer(options), WriteTag("1", "2")).commit;
  EXPECT_EQ(Of(first_, theirs), CommitOrigin::Unknown);
  Fetch(*source_);
  EXPECT_EQ(Of(first_, theirs), CommitOrigin::Tinyforge);
}

TEST_F(CommitOriginTest, AllThatAPushBringsMustBeOurs) {
  const Revision second = Ours("1", "2");
  const Revision third = Ours("2", "3");
  EXPECT_EQ(Of(first_, third), CommitOrigin::Tinyforge);
  const Revision theirs = Theirs("x");
  const Revision last = Ours("3", "4");
  Fetch(*source_);
  EXPECT_EQ(Of(third, theirs), CommitOrigin::Others);
  EXPECT_EQ(Of(third, last), CommitOrigin::Others) << "theirs came with it";
  EXPECT_EQ(Of(theirs, last), CommitOrigin::Tinyforge);
  EXPECT_EQ(Of(last, theirs), CommitOrigin::Others) << "put back";
  EXPECT_EQ(Of(last, second), CommitOrigin::Tinyforge) << "put back: nothing came that is not ours";
}

TEST_F(CommitOriginTest, WhatAReviewBranchTakesFromTheWatchedOneIsNoNews) {
  const Revision proposed = Ours("1", "2", "review");
  EXPECT_EQ(Of("", proposed, "review"), CommitOrigin::Tinyforge);
  Theirs("x");
  Fetch(*source_);
  const Revision merging = Ours("1", "3", "review");
  ASSERT_EQ(Bare("rev-list --count --merges main..review"), "1");
  EXPECT_EQ(Of(proposed, merging, "review"), CommitOrigin::Tinyforge);
  origin_.Git("pull -q --no-rebase --no-ff --no-edit '" + bare_ + "' review");
  const Revision merged = PushHead();
  Fetch(*source_);
  EXPECT_EQ(Of(first_, merged), CommitOrigin::Others) << "a person's merge";
  const Revision next = Ours("3", "4", "review");
  EXPECT_EQ(Of(merging, next, "review"), CommitOrigin::Tinyforge) << "it goes on from the watched branch";
}

TEST_F(CommitOriginTest, AnotherBranchThatIsPutOnTheWatchedOneIsAPersons) {
  const Revision second = Ours("1", "2");
  const Revision third = Ours("2", "3");
  Fetch(*source_);
  EXPECT_EQ(Of("", third, "release/1.4"), CommitOrigin::Others) << "a new branch";
  EXPECT_EQ(Of(second, third, "release"), CommitOrigin::Others) << "git push origin main:release";
  EXPECT_EQ(Of(first_, second, "release"), CommitOrigin::Others);
  EXPECT_EQ(Of(third, second, "release"), CommitOrigin::Others) << "put back";
  EXPECT_EQ(Of(second, third), CommitOrigin::Tinyforge) << "the watched branch itself";
}

TEST_F(CommitOriginTest, WhatIsNoCommitIsUnknown) {
  EXPECT_EQ(Of("", ""), CommitOrigin::Unknown);
  EXPECT_EQ(Of("x", "../" + first_), CommitOrigin::Unknown);
  EXPECT_EQ(Of("", std::string(64, 'a')), CommitOrigin::Unknown);
  const Revision tree = Bare("rev-parse main^{tree}");
  EXPECT_EQ(Of("", tree), CommitOrigin::Unknown);
  EXPECT_EQ(Of(tree, first_), CommitOrigin::Others);
  const auto update = source_->Sync({});
  EXPECT_TRUE(update && !*update) << "the clone is not taken for damaged";
}

TEST_F(CommitOriginTest, WithoutACloneNothingIsKnown) {
  auto options = WriterOptions();
  options.repository.state_dir = dir_ / "none";
  EXPECT_EQ(GitConfigSource(Make(options.repository)).OriginOf({"main", "", first_}), CommitOrigin::Unknown);
}

}  // namespace
}  // namespace tinyforge
