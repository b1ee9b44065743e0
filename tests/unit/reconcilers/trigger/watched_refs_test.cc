#include "reconcilers/trigger/watched_refs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/trigger/kind/git_trigger.h"
#include "tests/unit/reconcilers/trigger/trigger_manifests.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;

constexpr const char* kUrl = "https://git.example.com/acme/shop.git";

std::string Commit(char c) {
  return std::string(40, c);
}

v1::GitTrigger Config(const std::string& more = "") {
  return *ParseTrigger("git: {repository: \"" + std::string(kUrl) + "\"" + (more.empty() ? "" : ", " + more) + "}").git;
}

const GitRefs kListed{{"HEAD", Commit('a')},
                      {"refs/heads/main", Commit('a')},
                      {"refs/heads/release/1", Commit('b')},
                      {"refs/tags/v1.10.0", Commit('d')},
                      {"refs/tags/v1.9.0", Commit('c')}};

GitRefs Selected(const std::string& more) {
  return SelectRefs(kListed, WatchedRefs(Config(more)));
}

TEST(WatchedRefs, BranchesAndTagsAreNamedApart) {
  EXPECT_THAT(Selected("branches: [main]"), ElementsAre(Key("refs/heads/main")));
  EXPECT_THAT(Selected("branches: [\"release/*\"]"), ElementsAre(Key("refs/heads/release/1")));
  EXPECT_THAT(Selected("tags: \"v1.9*\""), ElementsAre(Key("refs/tags/v1.9.0")));
  EXPECT_THAT(Selected("branches: [main], tags: \"*\""),
              ElementsAre(Key("refs/heads/main"), Key("refs/tags/v1.10.0"), Key("refs/tags/v1.9.0")));
  EXPECT_EQ(Selected("branches: [\"v*\"]").size(), 0U);
}

TEST(WatchedRefs, WithoutPatternsAllAreFollowedButNotHead) {
  EXPECT_EQ(Selected("").size(), 4U);
  EXPECT_FALSE(Selected("").contains("HEAD"));
}

// A poll finds just what a webhook of the same push would match.
TEST(WatchedRefs, APushOfWhatIsWatchedMatchesItsTrigger) {
  for (const char* more :
       {"", "branches: [main]", "tags: \"v*\"", "branches: [\"**\"]", "branches: [\"release/**\"]"}) {
    const v1::TriggerSpec spec{.git = Config(more)};
    const auto workload = ParseWorkload("source: {static: {path: site}}");
    for (const auto& [ref, commit] : kListed) {
      if (ref == "HEAD") continue;
      const TriggerEvent event = PushOf(kUrl, ref, commit);
      EXPECT_EQ(std::holds_alternative<DeploymentIntent>(MatchTrigger({event, spec, *workload})),
                IsWatched(WatchedRefs(*spec.git), ref))
          << more << " " << ref;
    }
  }
}

TEST(WatchedRefs, APushSaysWhereItIsAndNotWhatChanged) {
  const GitPushed push = PushOf(kUrl, "refs/heads/release/1", Commit('b'));
  EXPECT_EQ(push.repository, "acme/shop");
  EXPECT_EQ(push.ref, GitPushed::Ref::Branch);
  EXPECT_EQ(push.name, "release/1");
  EXPECT_EQ(RefOf(push), "refs/heads/release/1");
  EXPECT_EQ(RefOf(PushOf(kUrl, "refs/tags/v1", Commit('c'))), "refs/tags/v1");
  EXPECT_FALSE(push.files);
}

TEST(WatchedRefs, TheHighestTagIsLast) {
  std::vector<GitPushed> pushes;
  for (const char* ref : {"refs/tags/v1.10.0", "refs/tags/v1.9.0", "refs/heads/z", "refs/heads/a"})
    pushes.push_back(PushOf(kUrl, ref, Commit('a')));
  SortPushes(pushes);
  std::vector<std::string> names;
  for (const GitPushed& push : pushes) names.push_back(push.name);
  EXPECT_THAT(names, ElementsAre("a", "z", "v1.9.0", "v1.10.0"));
}

TEST(NewestRef, OfTagsTheHighest) {
  EXPECT_EQ(NewestRef(Config("imageTag: GitTag"), kUrl, kListed)->name, "v1.10.0");
  EXPECT_EQ(NewestRef(Config("imageTag: GitSha, tags: \"v*\""), kUrl, kListed)->commit, Commit('d'));
}

TEST(NewestRef, OfBranchesTheOnlyOneOrTheDefault) {
  EXPECT_EQ(NewestRef(Config("imageTag: GitSha, branches: [\"release/*\"]"), kUrl, kListed)->name, "release/1");
  EXPECT_EQ(NewestRef(Config("imageTag: GitSha"), kUrl, kListed)->name, "main");
  GitRefs headless = kListed;
  headless.erase("HEAD");
  const auto guess = NewestRef(Config("imageTag: GitSha"), kUrl, headless);
  ASSERT_FALSE(guess);
  EXPECT_EQ(guess.error().kind, ErrorKind::Invalid);
  EXPECT_THAT(guess.error().message, HasSubstr("branches main, release/1 are watched"));
}

TEST(NewestRef, NothingThatIsWatchedIsSaid) {
  const auto none = NewestRef(Config("imageTag: GitTag, tags: \"x*\""), kUrl, kListed);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace tinyforge
