#include "reconcilers/trigger/kind/git_trigger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/trigger/trigger_manifests.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using Act = DeploymentIntent::Act;

const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";
const std::string kImage = "source: {image: {repository: shop}}";
const std::string kStatic = "source: {static: {path: site}}";

GitPushed Branch(const std::string& name, std::optional<std::vector<std::string>> files = std::nullopt) {
  return {.repository = "acme/shop",
          .urls = {"https://git.example.com/acme/shop.git", "git@git.example.com:acme/shop.git"},
          .ref = GitPushed::Ref::Branch,
          .name = name,
          .commit = kCommit,
          .files = std::move(files)};
}

GitPushed Tag(const std::string& name) {
  GitPushed push = Branch(name);
  push.ref = GitPushed::Ref::Tag;
  return push;
}

MatchResult Match(const std::string& git, const TriggerEvent& event, const std::string& workload = kStatic) {
  const auto config = ParseTrigger("git: {" + git + "}");
  const auto object = ParseWorkload(workload);
  return MatchTrigger({event, config, *object});
}

bool Matches(const std::string& git, const TriggerEvent& event) {
  return std::holds_alternative<DeploymentIntent>(Match(git, event));
}

DeploymentIntent Intent(const MatchResult& result) {
  const auto* intent = std::get_if<DeploymentIntent>(&result);
  EXPECT_NE(intent, nullptr);
  return intent ? *intent : DeploymentIntent{};
}

std::string Refusal(const MatchResult& result) {
  const auto* none = std::get_if<NoMatch>(&result);
  return none ? none->reason : "matches";
}

TEST(GitTriggerKind, TheRepositoryIsComparedNormalised) {
  for (const char* repository : {"acme/shop", "Acme/Shop", "https://git.example.com/acme/shop", "acme/shop.git",
                                 "ssh://git@git.example.com:2222/acme/shop.git", "git@git.example.com:acme/shop"})
    EXPECT_TRUE(Matches("repository: \"" + std::string(repository) + "\"", Branch("main"))) << repository;
  for (const char* repository : {"acme/shops", "shop", "https://other.example.com/acme/shop"})
    EXPECT_FALSE(Matches("repository: \"" + std::string(repository) + "\"", Branch("main"))) << repository;
  GitPushed without_urls = Branch("main");
  without_urls.urls.clear();
  EXPECT_TRUE(Matches("repository: \"https://git.example.com/acme/shop\"", without_urls));
  GitPushed of_a_server_folder = without_urls;
  of_a_server_folder.repository = "PRJ/my-repo";
  EXPECT_TRUE(Matches("repository: \"https://bitbucket.example.com/scm/prj/my-repo.git\"", of_a_server_folder));
  GitPushed of_nothing = without_urls;
  of_nothing.repository.clear();
  EXPECT_TRUE(Matches("repository: acme/shop", of_nothing))
      << "who calls a trigger's URL need not say whose push it is";
  EXPECT_EQ(Refusal(Match("repository: acme/other", Branch("main"))),
            "the push is to acme/shop, and acme/other is watched");
}

TEST(GitTriggerKind, RefsAreNamedByPatterns) {
  EXPECT_TRUE(Matches("repository: acme/shop", Branch("any/thing")));
  EXPECT_TRUE(Matches("repository: acme/shop", Tag("v1")));
  EXPECT_TRUE(Matches("repository: acme/shop, branches: [main, \"release/*\"]", Branch("release/1")));
  EXPECT_FALSE(Matches("repository: acme/shop, branches: [main, \"release/*\"]", Branch("dev")));
  EXPECT_FALSE(Matches("repository: acme/shop, branches: [main]", Tag("main")));
  EXPECT_TRUE(Matches("repository: acme/shop, tags: \"v*\"", Tag("v1.2.3")));
  EXPECT_FALSE(Matches("repository: acme/shop, tags: \"v*\"", Tag("1.2.3")));
  EXPECT_FALSE(Matches("repository: acme/shop, tags: \"v*\"", Branch("v1")));
  EXPECT_TRUE(Matches("repository: acme/shop, branches: [main], tags: \"v*\"", Tag("v1")));
  EXPECT_EQ(Refusal(Match("repository: acme/shop, branches: [main]", Branch("dev"))),
            "branch dev is none of those that are watched");
}

TEST(GitTriggerKind, PathsFilterWhatIsKnownToHaveChanged) {
  const std::string git = "repository: acme/shop, paths: [\"site/**\", conf]";
  EXPECT_EQ(Intent(Match(git, Branch("main", {{"README.md", "site/a/b.html"}}))).reason,
            "branch main of acme/shop was pushed; site/a/b.html changed, which is in site/**");
  EXPECT_TRUE(Matches(git, Branch("main", {{"conf/x"}})));
  EXPECT_EQ(Refusal(Match(git, Branch("main", {{"README.md"}}))), "no changed file is in the watched paths");
  EXPECT_FALSE(Matches(git, Branch("main", std::vector<std::string>())));
  EXPECT_THAT(Intent(Match(git, Branch("main"))).reason, HasSubstr("which files changed is not known"));
}

TEST(GitTriggerKind, AnImageTagFollowsFromThePush) {
  const auto tag = [](const std::string& rule, const GitPushed& push) {
    return Intent(Match("repository: acme/shop, imageTag: " + rule, push, kImage)).version;
  };
  EXPECT_EQ(tag("GitTag", Tag("v1.2.3")), (ImageVersion{"v1.2.3", ""}));
  EXPECT_EQ(tag("GitSha", Branch("main")), (ImageVersion{kCommit, ""}));
  EXPECT_EQ(tag("ShortSha", Branch("main")), (ImageVersion{"0123456", ""}));
  EXPECT_EQ(Intent(Match("repository: acme/shop, imageTag: ShortSha", Branch("main"), kImage)).act, Act::SetVersion);
  EXPECT_EQ(Refusal(Match("repository: acme/shop, imageTag: GitTag", Branch("main"), kImage)),
            "imageTag is GitTag, and branch main is no tag");
  EXPECT_EQ(Refusal(Match("repository: acme/shop, imageTag: GitTag", Tag("v1/2+x"), kImage)),
            "tag v1/2+x cannot be the tag of an image");
}

TEST(GitTriggerKind, AHalfCommitIsAnError) {
  GitPushed push = Branch("main");
  push.commit = "0123456";
  const MatchResult result = Match("repository: acme/shop, imageTag: ShortSha", push, kImage);
  ASSERT_TRUE(std::holds_alternative<Error>(result));
  EXPECT_EQ(std::get<Error>(result).kind, ErrorKind::Invalid);
}

TEST(GitTriggerKind, WithoutAnImageTagTheSourceIsTakenAnew) {
  EXPECT_EQ(Intent(Match("repository: acme/shop", Branch("main"), kStatic)).act, Act::Redeploy);
  EXPECT_EQ(Intent(Match("repository: acme/shop", Branch("main"), kImage)).act, Act::Refresh);
  EXPECT_EQ(Intent(Match("repository: acme/shop", Fired{}, kImage)).act, Act::Evaluate);
  EXPECT_EQ(Refusal(Match("repository: acme/shop", ImagePushed{})), "a git trigger acts on pushes to a git repository");
}

TEST(GitTriggerKind, WhatCannotBeIsWrong) {
  const auto problem = [](const std::string& git) {
    const auto config = ParseTrigger("git: {" + git + "}");
    const auto problems = GitTriggerKind().Validate(config);
    return problems.empty() ? v1::Problem{"", "valid"} : problems.front();
  };
  EXPECT_EQ(problem("repository: \"https://git.example.com\"").field, "spec.git.repository");
  EXPECT_EQ(problem("repository: a/b, branches: [main], imageTag: GitTag").field, "spec.git.imageTag");
  EXPECT_EQ(problem("repository: a/b, branches: [main], tags: \"*\", imageTag: GitTag").message, "valid");
  EXPECT_EQ(problem("repository: a/b, paths: [x, " + std::string(513, 'p') + "]").field, "spec.git.paths[1]");
  const auto config = ParseTrigger("git: {repository: a/b, imageTag: GitSha}");
  EXPECT_THAT(GitTriggerKind().WhyUnfit(config, *ParseWorkload(kStatic)), HasSubstr("has no source.image"));
}

}  // namespace
}  // namespace tinyforge
