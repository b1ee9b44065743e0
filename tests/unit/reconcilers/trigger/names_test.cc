// Names and places that two sides spell differently.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "reconcilers/core/image_version.h"
#include "reconcilers/trigger/git_location.h"
#include "reconcilers/trigger/image_match.h"
#include "reconcilers/trigger/path_pattern.h"

namespace tinyforge {
namespace {

TEST(PushedName, IsWhatAManifestWouldCallTheImage) {
  EXPECT_EQ(PushedName("registry-1.docker.io", "nginx"), SplitImageName("nginx"));
  EXPECT_EQ(PushedName("index.docker.io", "acme/shop"), SplitImageName("acme/shop"));
  EXPECT_EQ(PushedName("Registry.Example.COM", "Team/shop"), SplitImageName("registry.example.com/team/shop"));
  EXPECT_EQ(PushedName("localhost:5000", "shop"), SplitImageName("localhost:5000/shop"));
}

TEST(PushedName, DockerHubHasSeveralHosts) {
  for (const char* host : {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}) {
    const ImageName manifests = SplitImageName(std::string(host) + "/acme/shop");
    EXPECT_TRUE(MayBeSame(PushedName("docker.io", "acme/shop"), manifests)) << host;
    EXPECT_TRUE(MayBeSame(manifests, PushedName(host, "acme/shop"))) << host;
    EXPECT_FALSE(MayBeSame(manifests, PushedName("quay.io", "acme/shop"))) << host;
  }
}

TEST(PushedName, WithoutAHostThePathDecides) {
  const ImageName nginx = SplitImageName("nginx");
  EXPECT_TRUE(MayBeSame(PushedName("", "nginx"), nginx));
  EXPECT_TRUE(MayBeSame(nginx, PushedName("", "library/nginx")));
  EXPECT_TRUE(MayBeSame(PushedName("", "team/shop"), SplitImageName("registry.example.com/team/shop")));
  EXPECT_FALSE(MayBeSame(PushedName("", "nginx"), SplitImageName("registry.example.com/library/nginx")));
  EXPECT_FALSE(MayBeSame(PushedName("", "shop"), SplitImageName("registry.example.com/team/shop")));
  EXPECT_FALSE(MayBeSame(PushedName("quay.io", "team/shop"), SplitImageName("registry.example.com/team/shop")));
  EXPECT_EQ(ToString(PushedName("", "shop")), "shop");
  EXPECT_EQ(ToString(nginx), "docker.io/library/nginx");
}

TEST(ImageVersion, IsWrittenForPeopleAndForTheEngine) {
  const std::string digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  EXPECT_EQ(ToString(ImageVersion{"1.4.2", ""}), "1.4.2");
  EXPECT_EQ(ToString(ImageVersion{"1.4.2", digest}), "1.4.2@sha256:0123456789ab");
  EXPECT_EQ(ToString(ImageVersion{"", digest}), "sha256:0123456789ab");
  EXPECT_EQ(ReferenceOf("acme/shop", {"1.4.2", ""}), "acme/shop:1.4.2");
  EXPECT_EQ(ReferenceOf("acme/shop", {"1.4.2", digest}), "acme/shop@" + digest);
  EXPECT_EQ(ReferenceOf("acme/shop", {}), "acme/shop:latest");
}

TEST(ImageVersion, DigestsDecideWhetherItIsExcluded) {
  const std::vector<ExcludedVersion> excluded = {{{"1.5.0", "sha256:1"}, "failed"}, {{"1.6.0", ""}, "rolled back"}};
  EXPECT_TRUE(FindExclusion(excluded, {"1.5.0", ""}));
  EXPECT_TRUE(FindExclusion(excluded, {"again", "sha256:1"}));
  EXPECT_FALSE(FindExclusion(excluded, {"1.5.0", "sha256:2"}));
  EXPECT_TRUE(FindExclusion(excluded, {"1.6.0", "sha256:3"}));
  EXPECT_FALSE(FindExclusion(excluded, {"1.4.0", ""}));
  EXPECT_FALSE(FindExclusion(excluded, {"", "sha256:9"}));
}

TEST(GitLocation, IsTheSameByWhateverItIsReached) {
  for (const char* text : {"https://git.example.com/Acme/shop.git", "https://user:word@git.example.com:8443/acme/shop/",
                           "ssh://git@git.example.com:22/acme/shop.git", "git@git.example.com:acme/shop.git",
                           "git://GIT.example.com/acme/shop", "https://git.example.com/acme/shop?x=1#y"})
    EXPECT_EQ(ParseGitLocation(text), (GitLocation{"git.example.com", "acme/shop"})) << text;
  EXPECT_EQ(ParseGitLocation("acme/shop"), (GitLocation{"", "acme/shop"}));
  EXPECT_EQ(ParseGitLocation("/srv/git/shop.git"), (GitLocation{"", "srv/git/shop"}));
  EXPECT_EQ(ParseGitLocation("file:///srv/git/shop.git"), (GitLocation{"", "srv/git/shop"}));
  EXPECT_EQ(ParseGitLocation("/srv/git/shop/.git/"), (GitLocation{"", "srv/git/shop"}));
  EXPECT_EQ(ParseGitLocation("https://h/acme/shop.git.git"), (GitLocation{"h", "acme/shop"}));
  EXPECT_EQ(ParseGitLocation("ssh://git@[::1]:22/acme/shop"), (GitLocation{"[::1]", "acme/shop"}));
  for (const char* text : {"", "/", "https://git.example.com", "https://", "git@git.example.com:"})
    EXPECT_EQ(ParseGitLocation(text).path, "") << text;
}

TEST(GitLocation, WithoutAHostThePathDecides) {
  const GitLocation shop = ParseGitLocation("https://git.example.com/acme/shop");
  EXPECT_TRUE(MayBeSame(ParseGitLocation("ACME/shop"), shop));
  EXPECT_FALSE(MayBeSame(ParseGitLocation("shop"), shop));
  EXPECT_FALSE(MayBeSame(ParseGitLocation("https://other.example.com/acme/shop"), shop));
  EXPECT_FALSE(MayBeSame(ParseGitLocation(""), ParseGitLocation("")));
}

TEST(PathPattern, PartsAreBetweenSlashes) {
  for (const auto& [pattern, path, matches] :
       std::vector<std::tuple<const char*, const char*, bool>>{{"main", "main", true},
                                                               {"main", "maine", false},
                                                               {"*", "main", true},
                                                               {"*", "feature/x", false},
                                                               {"**", "feature/x", true},
                                                               {"**", "main", true},
                                                               {"release/*", "release/1", true},
                                                               {"release/*", "release/1/2", false},
                                                               {"release/**", "release/1/2", true},
                                                               {"release/**", "release", false},
                                                               {"**/x", "x", true},
                                                               {"**/x", "a/b/x", true},
                                                               {"**/x", "a/xy", false},
                                                               {"a/**/z", "a/z", true},
                                                               {"a/**/z", "a/b/c/z", true},
                                                               {"a/**/z", "a/b/c", false},
                                                               {"**/a/**/b", "x/a/y/a/z/b", true},
                                                               {"v?.*", "v1.2", true},
                                                               {"v?.*", "v10.2", false},
                                                               {"a**b", "axxb", true},
                                                               {"a**b", "a/b", false},
                                                               {"", "", true},
                                                               {"", "x", false}})
    EXPECT_EQ(PathMatches(pattern, path), matches) << pattern << " and " << path;
}

TEST(PathPattern, AFolderIsWhatIsBelowIt) {
  for (const char* pattern : {"site", "site/", "site/**", "./site", "s*", ".", "**", "site/b"})
    EXPECT_TRUE(PathConcerns(pattern, "site/b/index.html")) << pattern;
  for (const char* pattern : {"sit", "index.html", "site/*.html", "b", "site/b/index", "Site"})
    EXPECT_FALSE(PathConcerns(pattern, "site/b/index.html")) << pattern;
  EXPECT_TRUE(PathConcerns("**/*.html", "site/b/index.html"));
}

TEST(PathPattern, ManyWildcardsTakeNoTime) {
  std::string pattern;
  std::string path;
  for (int i = 0; i < 60; ++i) {
    pattern += "**/a*a*a*/";
    path += "aaaaaaaa/";
  }
  EXPECT_FALSE(PathMatches(pattern + "b", path + "c"));
  EXPECT_FALSE(PathConcerns(pattern + "b", path + "c"));
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += "a/";
  for (int i = 0; i < 200; ++i) EXPECT_FALSE(PathConcerns("**/Dockerfile", deep + "b"));
}

}  // namespace
}  // namespace tinyforge
