#include "controller/docker/registry_auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/fakes/fake_tree.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Expected<std::optional<RegistryLogin>> Find(std::string_view config, const char* image) {
  return FindRegistryLogin(config, ParseImageReference(image));
}

TEST(RegistryAuthTest, FindsTheRegistryUnderEachOfItsNames) {
  constexpr std::string_view kConfig = R"({"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},
      "r.example.com":{"identitytoken":"tok"},"127.0.0.1:5000":{"username":"u","password":"p:q"}},"credsStore":"x"})";
  EXPECT_EQ(Find(kConfig, "nginx").value()->header,
            "X-Registry-Auth: "
            "eyJwYXNzd29yZCI6InAiLCJzZXJ2ZXJhZGRyZXNzIjoiaHR0cHM6Ly9pbmRleC5kb2NrZXIuaW8vdjEvIiwidXNlcm5hbWUiOiJ1In0=");
  EXPECT_EQ(Find(kConfig, "r.example.com/shop").value()->secret, "tok");
  EXPECT_EQ(Find(kConfig, "127.0.0.1:5000/shop").value()->secret, "p:q");
  EXPECT_FALSE(Find(kConfig, "other.example.com/shop").value());
}

TEST(RegistryAuthTest, OfSeveralKeysForOneRegistryTheOneNearestToTheImageCounts) {
  constexpr std::string_view kConfig = R"({"auths":{"r.example.com":{"auth":"dTphbGw="},
      "r.example.com/team":{"auth":"dTp0ZWFt"},"https://r.example.com/team/shop/":{"auth":"dTpzaG9w"}}})";
  EXPECT_EQ(Find(kConfig, "r.example.com/other:1").value()->secret, "all");
  EXPECT_EQ(Find(kConfig, "r.example.com/teams/x:1").value()->secret, "all");
  EXPECT_EQ(Find(kConfig, "r.example.com/team/x:1").value()->secret, "team");
  EXPECT_EQ(Find(kConfig, "r.example.com/team/shop@sha256:ab").value()->secret, "shop");
}

TEST(RegistryAuthTest, TheMarkOfACredentialStoreIsNoLogin) {
  EXPECT_FALSE(Find(R"({"auths":{"https://index.docker.io/v1/":{}},"credsStore":"desktop"})", "nginx").value());
}

TEST(RegistryAuthTest, ErrorsQuoteNothing) {
  for (const char* text : {"[\"hunter2\"]", "hunter2", R"({"auths":{"docker.io":{"auth":"hunter2"}}})"}) {
    auto login = Find(text, "nginx");
    ASSERT_FALSE(login);
    EXPECT_EQ(login.error().kind, ErrorKind::Invalid);
    EXPECT_THAT(login.error().message, Not(HasSubstr("hunter2")));
  }
}

class PullLoginsTest : public testing::Test {
 protected:
  PullLoginsTest() {
    Config(R"({"auths":{"r.example.com":{"auth":"dTpmcm9tLWZpbGU="},"b.example.com":{"auth":"dTpi"}}})");
  }

  void Config(std::string_view text) { std::ofstream(path_) << text; }

  Expected<PullLogin> For(const char* image, const std::string& secret = "") {
    const v1::SecretKeyRef ref{"shop", "login"};
    secrets_.values[ref] = secret;
    const PullLogins logins(secrets_, path_, [this](std::string_view value) { told_.emplace_back(value); });
    return logins.For(ParseImageReference(image), secret.empty() ? std::nullopt : std::optional(*secrets_.Find(ref)));
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/config.json";
  FakeSecrets secrets_;
  std::vector<std::string> told_;
};

TEST_F(PullLoginsTest, TheSecretWinsOverTheFileAndItsPasswordIsTold) {
  auto login = For("r.example.com/shop", R"({"auths":{"r.example.com":{"auth":"dTpmcm9tLXNlY3JldA=="}}})");
  ASSERT_TRUE(login) << login.error().message;
  EXPECT_EQ(login->source, "Secret shop/login");
  EXPECT_EQ(login->lacking, "");
  EXPECT_THAT(told_, ElementsAre("from-secret"));
}

TEST_F(PullLoginsTest, ASecretWithNothingForTheRegistryLeavesItToTheFileAndThenToNobody) {
  auto login = For("b.example.com/shop", R"({"auths":{"r.example.com":{"auth":"dTpw"}}})");
  EXPECT_EQ(login->source, path_);
  EXPECT_EQ(login->lacking, "Secret shop/login");
  login = For("c.example.com/shop", R"({"auths":{"r.example.com":{"auth":"dTpw"}}})");
  EXPECT_FALSE(login->header);
  EXPECT_EQ(login->source, "");
}

TEST_F(PullLoginsTest, TheFileIsReadAnewEachTime) {
  EXPECT_TRUE(For("r.example.com/shop"));
  Config(R"({"auths":{"r.example.com":{"auth":"dTpuZXdlcg=="}}})");
  EXPECT_TRUE(For("r.example.com/shop"));
  EXPECT_THAT(told_, ElementsAre("from-file", "newer"));
}

TEST_F(PullLoginsTest, WhatIsNoConfigJsonIsNamedAndNotQuoted) {
  auto login = For("r.example.com/shop", "hunter2");
  ASSERT_FALSE(login);
  EXPECT_EQ(login.error().kind, ErrorKind::Waiting);
  EXPECT_THAT(login.error().message, HasSubstr("Secret shop/login: it is no Docker config.json"));
  EXPECT_THAT(login.error().message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace tinyforge::docker
