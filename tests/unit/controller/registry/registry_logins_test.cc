// With which login a registry is asked, and where that login goes.
#include "controller/logins/base64.h"
#include "tests/unit/controller/registry/client_fixture.h"

namespace tinyforge::registry {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string kTags = R"({"tags":["1.4"]})";

std::string Basic(const std::string& password) {
  return "Basic " + logins::EncodeBase64("user:" + password);
}

class LoginTest : public RegistryClientTest {
 protected:
  // A registry that wants `authorization`, and challenges who comes with anything else.
  auto Wants(std::string authorization, std::string challenge) {
    return [=](const ServedRequest& request) -> Reply {
      if (request.Header("authorization") == authorization) return {.body = kTags};
      return {.status = 401,
              .headers = {"WWW-Authenticate: " + challenge},
              .body = R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})"};
    };
  }
  static std::string Bearer(const ScriptedRegistry& tokens) {
    return "Bearer realm=\"" + tokens.url() + "/token\",service=\"the registry\",scope=\"repository:evil:push,pull\"";
  }
  static std::vector<std::string> Authorizations(ScriptedRegistry& server) {
    std::vector<std::string> sent;
    for (const auto& request : server.requests()) sent.push_back(request.Header("authorization"));
    return sent;
  }
};

TEST_F(LoginTest, BasicIsSentOnlyWhenAskedForAndThenAtOnce) {
  ScriptedRegistry server(Wants(Basic("hunter2"), "Basic realm=\"x\""));
  UseSecret(server.host(), "hunter2");
  EXPECT_TRUE(Tags(server));
  EXPECT_TRUE(Tags(server));
  EXPECT_THAT(Authorizations(server), ElementsAre("", Basic("hunter2"), Basic("hunter2")));
  EXPECT_THAT(told_, Each("hunter2"));
}

TEST_F(LoginTest, ARegistryThatAsksForNoLoginGetsNone) {
  ScriptedRegistry server([](const ServedRequest&) -> Reply { return {.body = kTags}; });
  UseSecret(server.host(), "hunter2");
  EXPECT_TRUE(Tags(server));
  EXPECT_THAT(Authorizations(server), ElementsAre(""));
}

TEST_F(LoginTest, AWrongPasswordIsTriedOnceACallAndNamedByItsSource) {
  ScriptedRegistry server(Wants("nothing", "Basic realm=\"x\""));
  UseSecret(server.host(), "hunter2");
  const auto tags = Tags(server);
  EXPECT_THAT(Said(tags), AllOf(StartsWith("Waiting: tags of " + server.host() + "/team/shop: "),
                                HasSubstr("does not let the login of Secret shop/login read this (401, UNAUTHORIZED"),
                                Not(HasSubstr("hunter2"))));
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_FALSE(Tags(server));
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(client().Pause(server.host() + "/team/shop"), Duration(0));  // a new login is of use at once
}

TEST_F(LoginTest, WhoHasNoLoginIsToldWhereToPutOne) {
  ScriptedRegistry server(Wants("nothing", "Basic realm=\"x\""));
  EXPECT_THAT(Said(Tags(server)), AllOf(StartsWith("Waiting: "), HasSubstr("spec.source.image.pullSecret"),
                                        HasSubstr("--registry-config")));
  UseSecret("other.example.com", "hunter2");
  EXPECT_THAT(Said(Tags(server)),
              AllOf(StartsWith("Waiting: "), HasSubstr("Secret shop/login has none for " + server.host())));
}

TEST_F(LoginTest, TheHostsOwnConfigIsReadAnewEachTime) {
  ScriptedRegistry server(Wants(Basic("right"), "Basic"));
  const auto config = [&](const std::string& password) {
    WriteText(options_.docker_config,
              R"({"auths":{")" + server.host() + R"(":{"auth":")" + logins::EncodeBase64("user:" + password) + "\"}}}");
  };
  config("wrong");
  EXPECT_THAT(Said(Tags(server)), HasSubstr("the login of " + options_.docker_config));
  config("right");
  EXPECT_TRUE(Tags(server));
}

TEST_F(LoginTest, ASecretThatIsNoConfigIsWaitedForAndNobodyIsAsked) {
  ScriptedRegistry server([](const ServedRequest&) -> Reply { return {}; });
  UseSecretText("hunter2");
  EXPECT_THAT(Said(Tags(server)),
              AllOf(StartsWith("Waiting: tags of "), HasSubstr("Secret shop/login: it is no Docker config.json"),
                    Not(HasSubstr("hunter2"))));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(LoginTest, ATokenIsFetchedForPullingOneRepositoryAndUsedUntilItEnds) {
  ScriptedRegistry tokens(
      [](const ServedRequest&) -> Reply { return {.body = R"({"token":"t0ken","expires_in":300})"}; });
  ScriptedRegistry server(Wants("Bearer t0ken", Bearer(tokens)));
  UseSecret(server.host(), "hunter2");
  EXPECT_TRUE(Tags(server));
  EXPECT_TRUE(Tags(server));
  EXPECT_TRUE(Tags(server, "team/other"));
  EXPECT_THAT(tokens.lines(), ElementsAre("GET /token?service=the%20registry&scope=repository%3Ateam%2Fshop%3Apull",
                                          "GET /token?service=the%20registry&scope=repository%3Ateam%2Fother%3Apull"));
  EXPECT_THAT(Authorizations(tokens), Each(Basic("hunter2")));
  EXPECT_THAT(Authorizations(server), ElementsAre("", "Bearer t0ken", "Bearer t0ken", "Bearer t0ken"));
  clock_.Advance(std::chrono::seconds(284));
  EXPECT_TRUE(Tags(server));
  EXPECT_EQ(tokens.requests().size(), 2u);
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_TRUE(Tags(server));
  EXPECT_EQ(tokens.requests().size(), 3u);
}

TEST_F(LoginTest, ATokenServerBesideTheRegistryIsAskedBeforeIt) {
  ScriptedRegistry tokens(
      [](const ServedRequest&) -> Reply { return {.body = R"({"token":"t0ken"})", .then = Reply::Then::Close}; });
  ScriptedRegistry server(
      Wants("Bearer t0ken", "Bearer realm=\"http://localhost:" + std::to_string(tokens.port()) + "/\""));
  EXPECT_TRUE(Tags(server)) << Said(Tags(server));
  clock_.Advance(std::chrono::hours(1));  // the token ended
  EXPECT_TRUE(Tags(server)) << Said(Tags(server));
  EXPECT_THAT(Authorizations(server), ElementsAre("", "Bearer t0ken", "Bearer t0ken"));
}

// T25
TEST_F(LoginTest, ALoginIsNotSentToATokenServerOfAnotherDomain) {
  ScriptedRegistry server(Wants("nothing", "Bearer realm=\"https://auth.evil.example/token\",service=\"x\""));
  UseSecret(server.host(), "hunter2");
  EXPECT_THAT(
      Said(Tags(server)),
      AllOf(HasSubstr("names a token server of another domain, auth.evil.example, which does not get the login of "
                      "Secret shop/login; if it is to get it, say --registry-token-server " +
                      server.host() + "=auth.evil.example"),
            Not(HasSubstr("hunter2"))));
  EXPECT_THAT(Authorizations(server), Each(""));
}

TEST_F(LoginTest, ATokenThatIsRefusedIsRenewedOnce) {
  std::atomic<int> issued = 0;
  std::atomic<int> valid = 1;
  ScriptedRegistry tokens(
      [&](const ServedRequest&) -> Reply { return {.body = R"({"token":"t)" + std::to_string(++issued) + "\"}"}; });
  ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
    if (request.Header("authorization") == "Bearer t" + std::to_string(valid)) return {.body = kTags};
    return {.status = 401, .headers = {"WWW-Authenticate: " + Bearer(tokens)}};
  });
  EXPECT_TRUE(Tags(server));
  valid = 2;
  EXPECT_TRUE(Tags(server));
  EXPECT_EQ(issued, 2);
  valid = -1;
  EXPECT_THAT(Said(Tags(server)), StartsWith("Waiting: "));
  EXPECT_EQ(issued, 3);
}

TEST_F(LoginTest, NobodyIsServedWithTheTokenOfAnotherLogin) {
  ScriptedRegistry tokens([](const ServedRequest& request) -> Reply {
    const bool known = request.Header("authorization") == Basic("right");
    return {.body = known ? R"({"token":"good"})" : R"({"token":"empty"})"};
  });
  ScriptedRegistry server(Wants("Bearer good", Bearer(tokens)));
  UseSecret(server.host(), "right");
  EXPECT_TRUE(Tags(server));
  pull_secret_.reset();
  EXPECT_FALSE(Tags(server));
  UseSecret(server.host(), "wrong");
  EXPECT_FALSE(Tags(server));
  UseSecret(server.host(), "right");
  EXPECT_TRUE(Tags(server));
}

TEST_F(LoginTest, AnIdentityTokenIsPostedToTheTokenServerAlone) {
  ScriptedRegistry tokens([](const ServedRequest& request) -> Reply {
    if (request.body.ends_with("&refresh_token=refresh%2Fme")) return {.body = R"({"access_token":"t0ken"})"};
    return {.status = 400};
  });
  ScriptedRegistry server(Wants("Bearer t0ken", Bearer(tokens)));
  UseSecretText(R"({"auths":{")" + server.host() + R"(":{"identitytoken":"refresh/me"}}})");
  EXPECT_TRUE(Tags(server)) << Said(Tags(server));
  EXPECT_EQ(tokens.requests()[0].line(), "POST /token");
  EXPECT_EQ(tokens.requests()[0].Header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_THAT(told_, Each("refresh/me"));
}

TEST_F(LoginTest, ALoginThatTheTokenServerRefusesIsNamed) {
  ScriptedRegistry tokens([](const ServedRequest&) -> Reply {
    return {.status = 401, .body = R"({"details":"incorrect password hunter2 or dXNlcjpodW50ZXIy"})"};
  });
  ScriptedRegistry server(Wants("nothing", Bearer(tokens)));
  UseSecret(server.host(), "hunter2");
  EXPECT_THAT(Said(Tags(server)),
              AllOf(HasSubstr("Waiting: "), HasSubstr("the token server " + tokens.host()),
                    HasSubstr("Secret shop/login"), HasSubstr("incorrect password [redacted]"),
                    Not(HasSubstr("hunter2")), Not(HasSubstr("aHVudGVyMg")), Not(HasSubstr("dXNlcjpodW50ZXIy"))));
}

TEST_F(LoginTest, ARegistryThatMovesItsTokenServerIsAskedWhereItIsNow) {
  auto tokens =
      std::make_unique<ScriptedRegistry>([](const ServedRequest&) -> Reply { return {.body = R"({"token":"a"})"}; });
  std::string challenge = Bearer(*tokens);
  ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
    if (request.Header("authorization") == "Bearer b") return {.body = kTags};
    return {.status = 401, .headers = {"WWW-Authenticate: " + challenge}};
  });
  EXPECT_FALSE(Tags(server));
  tokens.reset();
  ScriptedRegistry moved([](const ServedRequest&) -> Reply { return {.body = R"({"token":"b"})"}; });
  challenge = Bearer(moved);
  clock_.Advance(std::chrono::hours(1));  // the token ended
  EXPECT_THAT(Said(Tags(server)), HasSubstr("the token server"));
  clock_.Advance(std::chrono::hours(1));
  EXPECT_TRUE(Tags(server));
}

TEST_F(LoginTest, ACredentialNeverGoesWithARedirectToAnotherServer) {
  for (const bool bearer : {false, true}) {
    ScriptedRegistry tokens([](const ServedRequest&) -> Reply { return {.body = R"({"token":"t0ken"})"}; });
    ScriptedRegistry other([](const ServedRequest&) -> Reply { return {.body = kTags}; });
    ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
      if (request.Header("authorization").empty())
        return {.status = 401, .headers = {"WWW-Authenticate: " + (bearer ? Bearer(tokens) : "Basic")}};
      return {.status = 307, .headers = {"Location: " + other.url() + "/elsewhere"}};
    });
    UseSecret(server.host(), "hunter2");
    EXPECT_TRUE(Tags(server));
    const auto redirected = other.requests();
    ASSERT_EQ(redirected.size(), 1u);
    for (const auto& [name, value] : redirected[0].headers)
      EXPECT_THAT(value, AllOf(Not(HasSubstr("t0ken")), Not(HasSubstr("hunter2")), Not(HasSubstr("Basic")))) << name;
  }
}

TEST_F(LoginTest, ATokenServerThatRedirectsGetsNoLoginSentOn) {
  ScriptedRegistry thief([](const ServedRequest&) -> Reply { return {.body = R"({"token":"t0ken"})"}; });
  ScriptedRegistry tokens(
      [&](const ServedRequest&) -> Reply { return {.status = 307, .headers = {"Location: " + thief.url() + "/"}}; });
  ScriptedRegistry server(Wants("Bearer t0ken", Bearer(tokens)));
  UseSecret(server.host(), "hunter2");
  EXPECT_THAT(Said(Tags(server)), HasSubstr("did not take the request (307)"));
  EXPECT_THAT(thief.requests(), IsEmpty());
}

TEST_F(LoginTest, ATokenServerIsOverTlsOrOnLoopback) {
  for (const char* realm :
       {"http://auth.example.com/token", "file:///etc/passwd", "ftp://127.0.0.1/", "/token", "gopher://x/",
        "http://user:pw@127.0.0.1/", "unix:/run/docker.sock", "http://169.254.169.254/latest"}) {
    SCOPED_TRACE(realm);
    ScriptedRegistry server(Wants("nothing", "Bearer realm=\"" + std::string(realm) + "\""));
    UseSecret(server.host(), "hunter2");
    EXPECT_THAT(Said(Tags(server)), HasSubstr("names a token server that is no https URL"));
  }
}

TEST_F(LoginTest, AChallengeThatIsNotKnownIsNamedAsSuch) {
  ScriptedRegistry server(Wants("nothing", "Negotiate"));
  EXPECT_THAT(Said(Tags(server)), HasSubstr("wants a login"));
  clock_.Advance(std::chrono::minutes(1));
  UseSecret(server.host(), "hunter2");
  EXPECT_THAT(Said(Tags(server)), HasSubstr("neither by Basic nor by Bearer"));
}

TEST_F(LoginTest, ANonsenseTokenIsNeverSent) {
  for (const char* body : {R"({"token":"a\r\nX-Evil: 1"})", "{}", "<html>", R"({"token":["a"]})"}) {
    ScriptedRegistry tokens([&](const ServedRequest&) -> Reply { return {.body = body}; });
    ScriptedRegistry server(Wants("Bearer a", Bearer(tokens)));
    EXPECT_THAT(Said(Tags(server)), HasSubstr("gave no token")) << body;
    EXPECT_THAT(Authorizations(server), ElementsAre(""));
  }
}

}  // namespace
}  // namespace tinyforge::registry
