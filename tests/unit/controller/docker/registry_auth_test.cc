#include "controller/docker/registry_auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_tree.h"

namespace tinyforge::docker {
namespace {

TEST(RegistryAuthTest, ALoginIsSentAsTheEngineReadsIt) {
  EXPECT_EQ(RegistryAuthHeader({.user = "u", .password = "p", .server = "https://index.docker.io/v1/"}),
            "X-Registry-Auth: "
            "eyJwYXNzd29yZCI6InAiLCJzZXJ2ZXJhZGRyZXNzIjoiaHR0cHM6Ly9pbmRleC5kb2NrZXIuaW8vdjEvIiwidXNlcm5hbWUiOiJ1In0=");
  // {"identitytoken":"tok?>","serveraddress":"r"}: of the alphabet for URLs.
  EXPECT_EQ(RegistryAuthHeader({.identity_token = "tok?>", .server = "r"}),
            "X-Registry-Auth: eyJpZGVudGl0eXRva2VuIjoidG9rPz4iLCJzZXJ2ZXJhZGRyZXNzIjoiciJ9");
}

TEST(PullLoginsTest, APullHasTheLoginOfItsSecretAndWithoutOneIsAnonymous) {
  FakeSecrets secrets;
  secrets.values[{"shop", "login"}] = R"({"auths":{"r.example.com":{"auth":"dTpw"}}})";
  const SecretHandle secret = *secrets.Find({"shop", "login"});
  const PullLogins logins(secrets, "", nullptr);
  auto login = logins.For(ParseImageReference("r.example.com/shop:1"), secret);
  EXPECT_EQ(login->header, RegistryAuthHeader({.user = "u", .password = "p", .server = "r.example.com"}));
  EXPECT_EQ(login->source, "Secret shop/login");
  login = logins.For(ParseImageReference("nginx"), secret);
  EXPECT_FALSE(login->header);
  EXPECT_EQ(login->source, "");
  EXPECT_EQ(login->lacking, "Secret shop/login");
}

}  // namespace
}  // namespace tinyforge::docker
