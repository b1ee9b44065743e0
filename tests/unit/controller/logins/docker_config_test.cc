#include "controller/logins/docker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge::logins {
namespace {

using testing::HasSubstr;
using testing::Not;

Expected<std::optional<RegistryLogin>> Find(std::string_view config, const char* image) {
  return FindLogin(config, SplitImageName(image));
}

TEST(DockerConfigTest, FindsTheRegistryUnderEachOfItsNames) {
  constexpr std::string_view kConfig = R"({"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},
      "R.example.com":{"identitytoken":"tok"},"127.0.0.1:5000":{"username":"u","password":"p:q"}},"credsStore":"x"})";
  const auto hub = *Find(kConfig, "nginx");
  EXPECT_EQ(hub->user, "u");
  EXPECT_EQ(hub->password, "p");
  EXPECT_EQ(hub->server, "https://index.docker.io/v1/");
  EXPECT_EQ(Find(kConfig, "r.example.com/shop").value()->identity_token, "tok");
  EXPECT_EQ(Find(kConfig, "r.example.com/shop").value()->secret(), "tok");
  EXPECT_EQ(Find(kConfig, "127.0.0.1:5000/shop").value()->secret(), "p:q");
  EXPECT_FALSE(Find(kConfig, "other.example.com/shop").value());
}

TEST(DockerConfigTest, OfSeveralKeysForOneRegistryTheOneNearestToTheImageCounts) {
  constexpr std::string_view kConfig = R"({"auths":{"r.example.com":{"auth":"dTphbGw="},
      "r.example.com/team":{"auth":"dTp0ZWFt"},"https://r.example.com/team/shop/":{"auth":"dTpzaG9w"}}})";
  EXPECT_EQ(Find(kConfig, "r.example.com/other").value()->password, "all");
  EXPECT_EQ(Find(kConfig, "r.example.com/teams/x").value()->password, "all");
  EXPECT_EQ(Find(kConfig, "r.example.com/team/x").value()->password, "team");
  EXPECT_EQ(Find(kConfig, "r.example.com/team/shop").value()->password, "shop");
}

TEST(DockerConfigTest, TheMarkOfACredentialStoreIsNoLogin) {
  EXPECT_FALSE(Find(R"({"auths":{"https://index.docker.io/v1/":{}},"credsStore":"desktop"})", "nginx").value());
}

TEST(DockerConfigTest, ErrorsQuoteNothing) {
  for (const char* text : {"[\"hunter2\"]", "hunter2", R"({"auths":{"docker.io":{"auth":"hunter2"}}})",
                           R"({"auths":{"docker.io":{"auth":"aHVudGVyMg=="}}})"}) {
    auto login = Find(text, "nginx");
    ASSERT_FALSE(login) << text;
    EXPECT_EQ(login.error().kind, ErrorKind::Invalid);
    EXPECT_THAT(login.error().message, Not(HasSubstr("hunter2")));
  }
}

TEST(DockerConfigTest, ADeepDocumentIsNoTrouble) {
  const std::string deep(100'000, '[');
  EXPECT_FALSE(Find(deep, "nginx"));
  const std::string closed = R"({"auths":{"docker.io":{"x":)" + deep + std::string(100'000, ']') + "}}}";
  EXPECT_FALSE(Find(closed, "nginx").value());
}

}  // namespace
}  // namespace tinyforge::logins
