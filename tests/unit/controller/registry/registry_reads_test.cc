// What a registry that behaves is asked, and what is made of its answers.
#include "tests/unit/controller/registry/client_fixture.h"

namespace tinyforge::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kDigest = "sha256:" + std::string(64, 'a');

using ReadsTest = RegistryClientTest;

TEST_F(ReadsTest, TagsAreReadPageByPage) {
  ScriptedRegistry* self = nullptr;
  ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
    if (request.target.ends_with("?n=1000"))
      return {.headers = {"Link: </v2/team/shop/tags/list?last=b&n=1000>; rel=\"next\""},
              .body = R"({"tags":["b","a"]})"};
    if (request.target.ends_with("?last=b&n=1000"))  // as behind a proxy that ends TLS: another scheme, no port
      return {.headers = {"Link: <https://127.0.0.1/v2/team/shop/tags/list?last=c>; rel=\"next\""},
              .body = R"({"tags":["c"]})"};
    return {.body = R"({"tags":["d","a"]})"};
  });
  self = &server;
  EXPECT_THAT(*Tags(*self), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(server.lines(),
              ElementsAre("GET /v2/team/shop/tags/list?n=1000", "GET /v2/team/shop/tags/list?last=b&n=1000",
                          "GET /v2/team/shop/tags/list?last=c"));
  EXPECT_EQ(server.requests()[0].Header("authorization"), "");
  EXPECT_EQ(server.requests()[0].Header("user-agent"), "tinyforge");
}

TEST_F(ReadsTest, AConnectionServesManyCalls) {
  ScriptedRegistry server([](const ServedRequest&) -> Reply { return {.body = R"({"tags":[]})"}; });
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Tags(server));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ReadsTest, MoreTagsThanCanBeReadAreNoAnswerRatherThanAPart) {
  ScriptedRegistry server([](const ServedRequest& request) -> Reply {
    const auto equals = request.target.rfind('=');
    const int page =
        request.target.find("last") == std::string::npos ? 0 : std::stoi(request.target.substr(equals + 1));
    return {.headers = {"Link: <?last=" + std::to_string(page + 1) + ">; rel=next"},
            .body = R"({"tags":["t)" + std::to_string(page) + "\"]}"};
  });
  EXPECT_THAT(Said(Tags(server)),
              AllOf(StartsWith("Waiting: tags of 127.0.0.1"), HasSubstr("50000 tags"), HasSubstr("200 pages")));
  EXPECT_EQ(server.requests().size(), 200u);
}

TEST_F(ReadsTest, ADigestIsReadWithoutABody) {
  ScriptedRegistry server(
      [](const ServedRequest&) -> Reply { return {.headers = {"Docker-Content-Digest: " + kDigest}}; });
  EXPECT_EQ(*Digest(server), kDigest);
  EXPECT_EQ(*Digest(server, kDigest), kDigest);
  EXPECT_THAT(server.lines(),
              ElementsAre("HEAD /v2/team/shop/manifests/1.4", "HEAD /v2/team/shop/manifests/" + kDigest));
  EXPECT_THAT(server.requests()[0].Header("accept"), HasSubstr("application/vnd.oci.image.index.v1+json"));
}

TEST_F(ReadsTest, ARegistryThatGivesNoDigestHasItsManifestHashed) {
  const std::string manifest = R"({"config":{"digest":")" + kDigest + "\"}}";
  for (const int status : {200, 405, 400, 501}) {
    ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
      if (request.method == "HEAD") return {.status = status};
      return {.body = manifest};
    });
    EXPECT_EQ(*Digest(server), DigestOf(manifest)) << status;
  }
}

TEST_F(ReadsTest, ADateIsFollowedFromIndexToConfigurationAndRemembered) {
  const std::string config = R"({"created":"2024-05-06T07:08:09Z","architecture":"amd64"})";
  const std::string manifest = R"({"config":{"digest":")" + DigestOf(config) + "\"}}";
  const std::string index =
      R"({"manifests":[{"digest":")" + DigestOf(manifest) + R"(","platform":{"os":"linux","architecture":"amd64"}}]})";
  ScriptedRegistry store([&](const ServedRequest&) -> Reply { return {.body = config}; });
  ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
    if (request.target.find("/blobs/") != std::string::npos)
      return {.status = 307, .headers = {"Location: " + store.url() + "/bucket/x?signature=a%2Fb"}};
    return {.body = request.target.ends_with(DigestOf(index)) ? index : manifest};
  });
  EXPECT_EQ(FormatRfc3339(*Created(server, DigestOf(index))), "2024-05-06T07:08:09.000Z");
  EXPECT_EQ(FormatRfc3339(*Created(server, DigestOf(manifest))), "2024-05-06T07:08:09.000Z");
  const auto asked = server.requests().size();
  EXPECT_TRUE(Created(server, DigestOf(index)));
  EXPECT_EQ(server.requests().size(), asked);
  EXPECT_THAT(store.lines(), testing::Each("GET /bucket/x?signature=a%2Fb"));
}

TEST_F(ReadsTest, AnImageWithoutADateOrForAnotherPlatformHasNone) {
  const std::string config = R"({"architecture":"amd64"})";
  const std::string manifest = R"({"config":{"digest":")" + DigestOf(config) + "\"}}";
  const std::string index =
      R"({"manifests":[{"digest":")" + DigestOf(manifest) + R"(","platform":{"os":"linux","architecture":"s390x"}}]})";
  ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
    if (request.target.ends_with(DigestOf(config))) return {.body = config};
    return {.body = request.target.ends_with(DigestOf(index)) ? index : manifest};
  });
  EXPECT_THAT(Said(Created(server, DigestOf(manifest))), StartsWith("Invalid: date of "));
  EXPECT_THAT(Said(Created(server, DigestOf(index))),
              AllOf(StartsWith("NotFound: "), HasSubstr("no image for linux/amd64")));
}

TEST_F(ReadsTest, RedirectsAreFollowedForAllThatIsReadUpToFive) {
  int hops = 5;
  ScriptedRegistry server([&](const ServedRequest& request) -> Reply {
    const auto at = request.target.rfind('=');
    const int hop = request.target.find("hop=") == std::string::npos ? 0 : std::stoi(request.target.substr(at + 1));
    if (hop < hops) return {.status = 302, .headers = {"Location: ?hop=" + std::to_string(hop + 1)}};
    return {.body = R"({"tags":["a"]})"};
  });
  EXPECT_THAT(*Tags(server), ElementsAre("a"));
  hops = 6;
  EXPECT_THAT(Said(Tags(server)), HasSubstr("leads on after 5 redirects"));
}

TEST_F(ReadsTest, AQuestionThatIsNoneAsksNobody) {
  const auto stop = stop_.get_token();
  EXPECT_THAT(Said(client().Tags({"Team/Shop:1"}, stop)),
              StartsWith("Invalid: tags of Team/Shop:1: expected an image repository"));
  EXPECT_THAT(Said(client().Tags({"127.0.0.1:1/../../x"}, stop)), StartsWith("Invalid: "));
  EXPECT_THAT(Said(client().Tags({"127.0.0.1:1/a?b"}, stop)), StartsWith("Invalid: "));
  EXPECT_THAT(Said(client().Tags({""}, stop)), StartsWith("Invalid: "));
  EXPECT_THAT(Said(client().Digest({"127.0.0.1:1/a"}, "../x", stop)), StartsWith("Invalid: "));
  EXPECT_THAT(Said(client().Digest({"127.0.0.1:1/a"}, "sha256:x", stop)), StartsWith("Invalid: "));
  EXPECT_THAT(Said(client().Created({"127.0.0.1:1/a"}, "1.4", stop)), StartsWith("Invalid: "));
}

TEST_F(ReadsTest, ManyThreadsMayAsk) {
  ScriptedRegistry server(
      [](const ServedRequest&) -> Reply { return {.headers = {"Docker-Content-Digest: " + kDigest}}; });
  options_.pace.burst = 1000;
  client();
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        for (int call = 0; call < 20; ++call) good += Digest(server).has_value();
      });
  }
  EXPECT_EQ(good, 160);
  EXPECT_LE(server.connections(), 8);
}

}  // namespace
}  // namespace tinyforge::registry
