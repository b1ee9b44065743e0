// What is said and done when a registry is not there, not well, or not what it should be.
#include "tests/unit/controller/registry/client_fixture.h"

namespace tinyforge::registry {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

class FaultsTest : public RegistryClientTest {
 protected:
  Duration PauseOf(const ScriptedRegistry& server, const std::string& path = "team/shop") {
    return client().Pause(server.host() + "/" + path);
  }
  // What a registry's answer to the question for tags leads to.
  std::string SaidOf(const Reply& reply) {
    ScriptedRegistry server([&](const ServedRequest&) { return reply; });
    return Said(Tags(server));
  }
  std::string SaidOfDigest(const Reply& reply, std::string_view reference = "1.4") {
    ScriptedRegistry server([&](const ServedRequest&) { return reply; });
    return Said(Digest(server, reference));
  }
};

TEST_F(FaultsTest, WhatIsNotThereIsNamed) {
  const Reply missing{.status = 404,
                      .body = R"({"errors":[{"code":"NAME_UNKNOWN","message":"not known to registry"}]})"};
  EXPECT_THAT(SaidOf(missing),
              AllOf(StartsWith("NotFound: tags of 127.0.0.1:"),
                    HasSubstr("has no repository team/shop (404, NAME_UNKNOWN: not known to registry)")));
  EXPECT_THAT(SaidOfDigest(missing), AllOf(StartsWith("NotFound: digest of 127.0.0.1:"), HasSubstr("/team/shop:1.4: "),
                                           HasSubstr("has no 1.4 in a repository team/shop (404)")));
}

TEST_F(FaultsTest, ARegistryThatLimitsTheRateIsLeftAloneAsLongAsItAsks) {
  ScriptedRegistry server([](const ServedRequest&) -> Reply {
    return {.status = 429,
            .headers = {"Retry-After: 77"},
            .body = R"({"errors":[{"code":"TOOMANYREQUESTS","message":"pull rate limit"}]})"};
  });
  EXPECT_THAT(Said(Tags(server)),
              AllOf(StartsWith("Waiting: tags of "), HasSubstr("limits the rate of requests (429, TOOMANYREQUESTS"),
                    HasSubstr("a login")));
  EXPECT_EQ(PauseOf(server), 77s);
  clock_.Advance(7s);
  EXPECT_EQ(PauseOf(server, "other"), 70s);
  EXPECT_THAT(Said(Tags(server, "other")),
              AllOf(StartsWith("Waiting: tags of "), HasSubstr("is left alone until 2026-01-01T00:01:17.000Z"),
                    HasSubstr("limits the rate")));
  EXPECT_EQ(server.requests().size(), 1u);
  clock_.Advance(70s);
  EXPECT_FALSE(Tags(server));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(FaultsTest, RetryAfterMayBeADate) {
  ScriptedRegistry server([](const ServedRequest&) -> Reply {
    return {.status = 503, .headers = {"Retry-After: Thu, 01 Jan 2026 00:02:00 GMT"}};
  });
  EXPECT_THAT(Said(Tags(server)), AllOf(StartsWith("Waiting: "), HasSubstr("is not well (503)")));
  EXPECT_EQ(PauseOf(server), 120s);
}

TEST_F(FaultsTest, FailuresOfARegistryLengthenItsPauseAndASuccessEndsThem) {
  int status = 502;
  ScriptedRegistry server([&](const ServedRequest&) -> Reply { return {.status = status, .body = R"({"tags":[]})"}; });
  for (const Duration pause : {Duration(5s), Duration(10s), Duration(20s)}) {
    EXPECT_THAT(Said(Tags(server)), StartsWith("Transient: "));
    EXPECT_EQ(PauseOf(server, "other"), pause);
    clock_.Advance(pause);
  }
  status = 200;
  EXPECT_TRUE(Tags(server));
  status = 502;
  EXPECT_FALSE(Tags(server));
  EXPECT_EQ(PauseOf(server), 5s);
}

TEST_F(FaultsTest, ARepositoryThatCannotBeServedHoldsUpNoOther) {
  ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
    return {.status = request.target.find("/bad/") == std::string::npos ? 200 : 500, .body = R"({"tags":[]})"};
  });
  EXPECT_FALSE(Tags(server, "bad"));
  EXPECT_EQ(PauseOf(server, "bad"), 5s);
  EXPECT_TRUE(Tags(server, "good"));
  EXPECT_EQ(PauseOf(server, "bad"), 5s);
  clock_.Advance(5s);
  EXPECT_FALSE(Tags(server, "bad"));
  EXPECT_EQ(PauseOf(server, "bad"), 10s);
}

TEST_F(FaultsTest, AnAnswerThatIsNoneAfterAGoodOneLengthensThePauseToo) {
  ScriptedRegistry server([&](const ServedRequest&) -> Reply { return {.body = "<html>"}; });
  EXPECT_FALSE(Tags(server));
  clock_.Advance(5s);
  EXPECT_FALSE(Tags(server));
  EXPECT_EQ(PauseOf(server), 10s);
}

TEST_F(FaultsTest, ABudgetOfRequestsIsKeptAndACallThatBeganEndsWell) {
  options_.pace = {.requests_per_minute = 60, .burst = 3, .backoff = {5s, 10min, 0}};
  ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
    if (request.target.ends_with("last=3")) return {.body = R"({"tags":["a"]})"};
    const char next = request.target.ends_with("n=1000") ? '1' : static_cast<char>(request.target.back() + 1);
    return {.headers = {std::string("Link: <?last=") + next + ">; rel=next"}, .body = R"({"tags":[]})"};
  });
  EXPECT_TRUE(Tags(server));  // four requests
  EXPECT_EQ(PauseOf(server), 2s);
  EXPECT_THAT(Said(Tags(server)), AllOf(StartsWith("Waiting: "), HasSubstr("budget of requests")));
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(FaultsTest, NobodyThereIsSaidSo) {
  std::string host;
  {
    ScriptedRegistry gone([](const ServedRequest&) -> Reply { return {}; });
    host = gone.host();
  }
  EXPECT_THAT(Said(client().Tags({host + "/shop"}, stop_.get_token())),
              AllOf(StartsWith("Transient: tags of " + host + "/shop: " + host),
                    HasSubstr("cannot be reached from this host (connection refused)")));
  EXPECT_EQ(client().Pause(host + "/other"), 5s);
}

TEST_F(FaultsTest, ANameThatDoesNotResolveIsSaidSo) {
  EXPECT_THAT(Said(client().Tags({"registry.invalid/shop"}, stop_.get_token())),
              AllOf(StartsWith("Transient: tags of registry.invalid/shop: "),
                    AnyOf(HasSubstr("the name registry.invalid does not resolve"), HasSubstr("cannot be reached"))));
}

TEST_F(FaultsTest, AnAddressWhereNoRegistryLivesIsNotAskedFor) {
  EXPECT_THAT(Said(client().Tags({"169.254.169.254/latest"}, stop_.get_token())),
              AllOf(StartsWith("Waiting: "), HasSubstr("leads to the address 169.254.169.254")));
  EXPECT_THAT(Said(client().Tags({"0.0.0.0:5000/latest"}, stop_.get_token())),
              HasSubstr("leads to the address 0.0.0.0"));
}

TEST_F(FaultsTest, SilenceEndsWithTheCallsTime) {
  options_.call_timeout = 300ms;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(SaidOf({.then = Reply::Then::Hang}),
              AllOf(StartsWith("Transient: "), HasSubstr("did not answer in time")));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(FaultsTest, AStopEndsACallUnderWayAndIsNoFaultOfTheRegistry) {
  ScriptedRegistry server([](const ServedRequest&) -> Reply { return {.then = Reply::Then::Hang}; });
  client();
  const auto began = std::chrono::steady_clock::now();
  std::jthread stopper([&] {
    while (server.requests().empty()) std::this_thread::sleep_for(1ms);
    stop_.request_stop();
  });
  EXPECT_THAT(Said(Tags(server)), HasSubstr("Transient: tags of " + server.host() + "/team/shop: cancelled"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_EQ(PauseOf(server), 0s);
  EXPECT_FALSE(Tags(server));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(FaultsTest, ABrokenConnectionIsSaidSo) {
  EXPECT_THAT(SaidOf({.then = Reply::Then::Vanish}), AllOf(StartsWith("Transient: "), HasSubstr("broke")));
  EXPECT_THAT(SaidOf({.body = R"({"tags":["a"]})", .then = Reply::Then::CutShort}),
              AllOf(StartsWith("Transient: "), HasSubstr("broke")));
}

TEST_F(FaultsTest, ABodyWithoutEndIsCutOff) {
  EXPECT_THAT(SaidOf({.body = std::string(100'000, ' '), .then = Reply::Then::EndlessBody}),
              HasSubstr("more than 4 MiB"));
  EXPECT_THAT(SaidOf({.then = Reply::Then::EndlessHead}), HasSubstr("more than 64 KiB"));
}

TEST_F(FaultsTest, APageThatIsNoListOfTagsIsRefused) {
  const std::string deep(1'000'000, '[');
  for (const std::string& body :
       {std::string(), std::string("<html>"), std::string("[]"), std::string("{}"), std::string(R"({"tags":"a"})"),
        std::string(R"({"tags":[1]})"), deep, R"({"tags":)" + deep})
    EXPECT_THAT(SaidOf({.body = body}), AllOf(StartsWith("Transient: "), HasSubstr("gave no list of tags")))
        << body.substr(0, 40);
}

TEST_F(FaultsTest, AListThatGoesInACircleOrElsewhereIsRefused) {
  const std::string body = R"({"tags":["a"]})";
  EXPECT_THAT(SaidOf({.headers = {"Link: <?n=1000>; rel=next"}, .body = body}), HasSubstr("goes in a circle"));
  for (const char* link :
       {"http://evil.example.com/v2/", "//169.254.169.254/", "file:///etc/passwd", "https://u:p@127.0.0.1/", ""})
    EXPECT_THAT(SaidOf({.headers = {"Link: <" + std::string(link) + ">; rel=next"}, .body = body}),
                HasSubstr("continues its list of tags at something that is not itself"))
        << link;
}

TEST_F(FaultsTest, ARedirectLeadsNeitherFromTlsNorToAnythingButHttp) {
  for (const char* location : {"file:///etc/passwd", "ftp://127.0.0.1/", "", "http://user:pw@127.0.0.1/", "gopher://x"})
    EXPECT_THAT(SaidOf({.status = 307, .headers = {"Location: " + std::string(location)}}),
                HasSubstr("redirects to something that is no URL"))
        << location;
  EXPECT_THAT(SaidOf({.status = 302, .headers = {"Location: http://example.com/x"}}),
              HasSubstr("redirects to example.com without TLS"));
  EXPECT_THAT(SaidOf({.status = 302, .headers = {"Location: https://169.254.169.254/latest"}}),
              HasSubstr("leads to the address 169.254.169.254"));
}

TEST_F(FaultsTest, ADigestThatIsNoneIsRefused) {
  for (const char* digest : {"sha256:x", "latest", "sha512:aa", "md5:00", "sha256:../../etc/passwd"})
    EXPECT_THAT(SaidOfDigest({.headers = {"Docker-Content-Digest: " + std::string(digest)}}),
                HasSubstr("gave a digest that is none"))
        << digest;
  EXPECT_THAT(SaidOfDigest({.headers = {"Docker-Content-Digest: " + kDigest}}, kOther),
              HasSubstr("gave something else than " + kOther));
}

TEST_F(FaultsTest, WhatAnsweredInTheRegistrysPlaceIsNotHashed) {
  EXPECT_THAT(SaidOfDigest({.body = "<html>Please log in to the network</html>"}), HasSubstr("gave no manifest"));
  ScriptedRegistry liar([](const ServedRequest& request) -> Reply {
    if (request.method == "HEAD") return {.status = 405};
    return {.headers = {"Docker-Content-Digest: " + kOther}, .body = R"({"config":{"digest":")" + kDigest + "\"}}"};
  });
  EXPECT_THAT(Said(Digest(liar)), HasSubstr("another one's digest"));
}

TEST_F(FaultsTest, ContentThatDoesNotHashToItsNameIsRefused) {
  ScriptedRegistry server(
      [](const ServedRequest&) -> Reply { return {.body = R"({"config":{"digest":")" + kDigest + "\"}}"}; });
  EXPECT_THAT(Said(Created(server, kOther)), HasSubstr("gave something else than " + kOther));
}

TEST_F(FaultsTest, WhatARegistrySaysIsQuotedShortPrintableAndWithoutSecrets) {
  UseSecretText(R"({"auths":{"127.0.0.1":{"username":"user","password":"hunter2"}}})");
  const std::string said = SaidOf(
      {.status = 500,
       .body = R"({"errors":[{"code":"X","message":"\u001b[31m\r\nfake: line )" + std::string(5000, 'y') + "\"}]}"});
  EXPECT_THAT(said, AllOf(HasSubstr("X: ?[31m??fake: line yyy"), Not(HasSubstr("\n")), Not(HasSubstr("\x1B"))));
  EXPECT_LT(said.size(), 500u);
}

}  // namespace
}  // namespace tinyforge::registry
