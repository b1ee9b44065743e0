#include "controller/git/git_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge {
namespace {

using ::testing::HasSubstr;

std::string Why(std::string_view text) {
  auto url = ParseGitUrl(text);
  return url ? "accepted" : url.error().message;
}

TEST(GitUrl, ReadsTheFormsItKnows) {
  EXPECT_EQ(*ParseGitUrl("https://Git.Example.com/team/config.git"),
            (GitUrl{GitUrl::Scheme::Https, "", "git.example.com", 0, "/team/config.git"}));
  EXPECT_EQ(*ParseGitUrl("ssh://git@git.example.com:2222/~me/config"),
            (GitUrl{GitUrl::Scheme::Ssh, "git", "git.example.com", 2222, "/~me/config"}));
  EXPECT_EQ(*ParseGitUrl("https://[2001:DB8::1]:8443/x"),
            (GitUrl{GitUrl::Scheme::Https, "", "2001:db8::1", 8443, "/x"}));
  EXPECT_EQ(*ParseGitUrl("/srv/git/a b:c"), (GitUrl{GitUrl::Scheme::Local, "", "", 0, "/srv/git/a b:c"}));
  EXPECT_EQ(*ParseGitUrl("file:///srv/git"), *ParseGitUrl("/srv/git"));
}

TEST(GitUrl, IsWrittenAsItIsRead) {
  for (const char* text : {"https://git.example.com/team/config.git", "ssh://git@git.example.com:2222/~me/config",
                           "https://[2001:db8::1]:8443/x", "http://127.0.0.1:8080/x.git", "/srv/git"}) {
    EXPECT_EQ(ToString(*ParseGitUrl(text)), text);
  }
}

TEST(GitUrl, LocalPathReachesLibgit2AsAFileUrlWhateverItHolds) {
  EXPECT_EQ(ToLibgit2(*ParseGitUrl("/srv/a b:c%")), "file:///srv/a%20b%3Ac%25");
}

TEST(GitUrl, SecretsInItAreRefusedAndNotRepeated) {
  for (const char* text :
       {"https://me:hunter2@example.com/x", "ssh://git:hunter2@example.com/x", "https://hunter2@example.com/x"}) {
    EXPECT_NE(Why(text), "accepted") << text;
    EXPECT_THAT(Why(text), testing::Not(HasSubstr("hunter2")));
  }
}

TEST(GitUrl, ScpFormIsRefusedWithTheFormToWrite) {
  EXPECT_THAT(Why("git@github.com:team/config.git"), HasSubstr("ssh://user@host/path"));
}

TEST(GitUrl, PlainHttpIsForLoopbackOnly) {
  EXPECT_EQ(Why("http://localhost/x"), "accepted");
  EXPECT_EQ(Why("http://127.0.0.1:3000/x"), "accepted");
  EXPECT_THAT(Why("http://127.evil.example.com/x"), HasSubstr("loopback"));
  EXPECT_THAT(Why("http://git.example.com/x"), HasSubstr("loopback"));
}

TEST(GitUrl, WhatAServerShellOrAnArgumentParserCouldMisreadIsRefused) {
  for (const char* text : {"ssh://git@example.com/x'y",
                           "ssh://git@example.com/x;id",
                           "ssh://git@example.com/a|b",
                           "ssh://git@example.com/$(id)",
                           "ssh://git@example.com/a b",
                           "ssh://-oProxyCommand=id@example.com/x",
                           "ssh://-oProxyCommand=id/x",
                           "ssh://git@example.com/-x",
                           "https://example.com/a/../../b",
                           "https://example.com/a?b=c",
                           "https://example.com/a#b",
                           "https://example.com/%2e%2e",
                           "https://exa mple.com/x",
                           "https:///x",
                           "https://example.com",
                           "https://example.com/",
                           "https://example.com:0/x",
                           "https://example.com:99999/x",
                           "https://example.com:22x/x",
                           "https://[::1/x",
                           "https://[::1]x/y",
                           "git://example.com/x",
                           "ext::sh -c id",
                           "relative/path",
                           "",
                           "-x",
                           "--upload-pack=id",
                           "file://host/path",
                           "/a\nb"}) {
    EXPECT_NE(Why(text), "accepted") << text;
  }
}

TEST(BranchName, FollowsGitsRules) {
  for (const char* good : {"main", "release/1.x", "feature-1", "a@b"}) EXPECT_TRUE(CheckBranchName(good)) << good;
  for (const char* bad : {"", "-x", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "/a", "a/", "a//b",
                          "a.lock", ".a", "a@{0}", "a."}) {
    EXPECT_FALSE(CheckBranchName(bad)) << bad;
  }
  EXPECT_FALSE(CheckBranchName(std::string(201, 'a')));
  EXPECT_FALSE(CheckBranchName(std::string_view("a\0b", 3)));
}

TEST(TreePath, IsMadeRelativeAndKeptInside) {
  EXPECT_EQ(*NormalizeTreePath(""), "");
  EXPECT_EQ(*NormalizeTreePath("."), "");
  EXPECT_EQ(*NormalizeTreePath("./"), "");
  EXPECT_EQ(*NormalizeTreePath("./hosts/web/"), "hosts/web");
  EXPECT_EQ(*NormalizeTreePath("..a"), "..a");
  for (const char* bad : {"/", "/etc", "..", "a/..", "a/../b", "a//b", "a/./b"})
    EXPECT_FALSE(NormalizeTreePath(bad)) << bad;
}

}  // namespace
}  // namespace tinyforge
