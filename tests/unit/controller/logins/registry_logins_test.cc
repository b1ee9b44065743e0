#include "controller/logins/registry_logins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_tree.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge::logins {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class RegistryLoginsTest : public testing::Test {
 protected:
  RegistryLoginsTest() {
    WriteText(path_, R"({"auths":{"r.example.com":{"auth":"dTpmcm9tLWZpbGU="},"b.example.com":{"auth":"dTpi"}}})");
  }

  Expected<FoundLogin> For(const char* image, const std::string& secret = "") {
    const v1::SecretKeyRef ref{"shop", "login"};
    secrets_.values[ref] = secret;
    const RegistryLogins logins(secrets_, path_, [this](std::string_view value) { told_.emplace_back(value); });
    return logins.For(SplitImageName(image), secret.empty() ? std::nullopt : std::optional(*secrets_.Find(ref)));
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_ / "config.json";
  FakeSecrets secrets_;
  std::vector<std::string> told_;
};

TEST_F(RegistryLoginsTest, TheSecretWinsOverTheFileAndItsPasswordIsTold) {
  auto found = For("r.example.com/shop", R"({"auths":{"r.example.com":{"auth":"dTpmcm9tLXNlY3JldA=="}}})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->login->password, "from-secret");
  EXPECT_EQ(found->source, "Secret shop/login");
  EXPECT_EQ(found->lacking, "");
  EXPECT_THAT(told_, ElementsAre("from-secret"));
}

TEST_F(RegistryLoginsTest, ASecretWithNothingForTheRegistryLeavesItToTheFileAndThenToNobody) {
  auto found = For("b.example.com/shop", R"({"auths":{"r.example.com":{"auth":"dTpw"}}})");
  EXPECT_EQ(found->source, path_);
  EXPECT_EQ(found->lacking, "Secret shop/login");
  found = For("c.example.com/shop", R"({"auths":{"r.example.com":{"auth":"dTpw"}}})");
  EXPECT_FALSE(found->login);
  EXPECT_EQ(found->source, "");
}

TEST_F(RegistryLoginsTest, TheFileIsReadAnewEachTime) {
  EXPECT_TRUE(For("r.example.com/shop"));
  WriteText(path_, R"({"auths":{"r.example.com":{"auth":"dTpuZXdlcg=="}}})");
  EXPECT_TRUE(For("r.example.com/shop"));
  EXPECT_THAT(told_, ElementsAre("from-file", "newer"));
}

TEST_F(RegistryLoginsTest, WhatIsNoConfigJsonIsNamedAndNotQuoted) {
  auto found = For("r.example.com/shop", "hunter2");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::Waiting);
  EXPECT_THAT(found.error().message, HasSubstr("Secret shop/login: it is no Docker config.json"));
  EXPECT_THAT(found.error().message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace tinyforge::logins
