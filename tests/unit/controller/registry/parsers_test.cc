// What is made of the bodies of answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/registry/endpoint.h"
#include "controller/registry/fault.h"
#include "controller/registry/manifest.h"
#include "controller/registry/memo.h"
#include "controller/registry/tag_list.h"
#include "controller/registry/token.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');
const std::string kC = "sha256:" + std::string(64, 'c');

TEST(TagListTest, GathersPagesSortedAndEachTagOnce) {
  TagList tags;
  EXPECT_TRUE(tags.Add(R"({"name":"shop","tags":["b","a","b"]})"));
  EXPECT_TRUE(tags.Add(R"({"tags":["c","a"],"child":[],"manifest":{"tags":["x"],"sha256:1":{"tag":["y"]}}})"));
  EXPECT_TRUE(tags.Add(R"({"name":"shop","tags":null})"));
  EXPECT_TRUE(tags.Add(R"({"tags":[]})"));
  EXPECT_EQ(tags.size(), 3u);
  EXPECT_THAT(tags.Take(), ElementsAre("a", "b", "c"));
}

TEST(TagListTest, WhatIsNoTagIsLeftOut) {
  TagList tags;
  EXPECT_TRUE(tags.Add(R"({"tags":["1.0","","-x",".x","a b","a\u0000b","\u00fc","../x","a/b","a:b","_ok"]})"));
  EXPECT_TRUE(tags.Add(R"({"tags":[")" + std::string(129, 'a') + R"("]})"));
  EXPECT_THAT(tags.Take(), ElementsAre("1.0", "_ok"));
}

TEST(TagListTest, WhatIsNoListIsRefused) {
  for (const char* page : {"",
                           "null",
                           "1",
                           "\"tags\"",
                           "[]",
                           "{}",
                           R"(["tags"])",
                           R"([{"tags":["a"]}])",
                           R"({"tags":"a"})",
                           R"({"tags":{"a":1}})",
                           R"({"tags":1})",
                           R"({"tags":true})",
                           R"({"tags":[1]})",
                           R"({"tags":[null]})",
                           R"({"tags":[["a"]]})",
                           R"({"tags":[{}]})",
                           R"({"tags":["a"])",
                           R"({"tags":["a"]}})",
                           R"({"x":{"tags":["a"]}})",
                           "<html>"}) {
    TagList tags;
    EXPECT_FALSE(tags.Add(page)) << page;
  }
}

TEST(TagListTest, ADeepPageIsNoTrouble) {
  TagList tags;
  const std::string open(1'000'000, '[');
  const std::string close(1'000'000, ']');
  EXPECT_FALSE(tags.Add(open));
  EXPECT_FALSE(tags.Add(R"({"tags":)" + open + close + "}"));
  EXPECT_TRUE(tags.Add(R"({"x":)" + open + close + R"(,"tags":["a"]})"));
}

TEST(ManifestTest, TheEntryForAPlatformIsTheNearestOne) {
  const std::string list = R"({"schemaVersion":2,"manifests":[
      {"digest":")" + kA + R"(","platform":{"os":"linux","architecture":"arm","variant":"v6"}},
      {"digest":")" + kB + R"(","platform":{"os":"linux","architecture":"arm","variant":"v7"}},
      {"digest":")" + kC + R"(","platform":{"os":"linux","architecture":"arm64"}},
      {"digest":"sha256:x","platform":{"os":"linux","architecture":"amd64"}},
      {"digest":")" + kA + R"("}, 7, {"digest":")" +
                           kA + R"(","platform":{"os":"unknown","architecture":"unknown"}}]})";
  const auto index = ParseManifest(list);
  ASSERT_TRUE(index);
  EXPECT_EQ(index->config, "");
  EXPECT_EQ(index->For({.architecture = "arm", .variant = "v7"}), kB);
  EXPECT_EQ(index->For({.architecture = "arm", .variant = "v5"}), kA);
  EXPECT_EQ(index->For({.architecture = "arm64", .variant = "v8"}), kC);
  EXPECT_EQ(index->For({.architecture = "amd64"}), "");
  EXPECT_EQ(index->For({.os = "windows", .architecture = "arm64"}), "");
}

TEST(ManifestTest, AManifestNamesItsConfiguration) {
  EXPECT_EQ(ParseManifest(R"({"config":{"digest":")" + kA + R"("},"layers":[]})")->config, kA);
  for (const char* json : {"", "[]", "{}", R"({"config":{}})", R"({"config":{"digest":"sha256:../../etc"}})",
                           R"({"config":"x"})", R"({"config":{"digest":["x"]}})", R"({"manifests":{}})", "<html>"})
    EXPECT_FALSE(ParseManifest(json)) << json;
  EXPECT_FALSE(ParseManifest(std::string(100'000, '[')));
  EXPECT_FALSE(ParseManifest(R"({"manifests":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}"));
}

TEST(ManifestTest, ADateIsOneThatMeansSomething) {
  EXPECT_EQ(FormatRfc3339(*ParseCreated(R"({"created":"2024-05-06T07:08:09.123456789+02:00"})")),
            "2024-05-06T05:08:09.123Z");
  EXPECT_TRUE(ParseCreated(R"({"created":"1970-01-01T00:00:00Z"})"));
  for (const char* json : {"{}", R"({"created":null})", R"({"created":1700000000})", R"({"created":"yesterday"})",
                           R"({"created":"0001-01-01T00:00:00Z"})", "[]", ""})
    EXPECT_FALSE(ParseCreated(json)) << json;
}

TEST(ManifestTest, TheFirstErrorOfARefusalIsQuoted) {
  EXPECT_EQ(FirstError(R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{}},{}]})"),
            "MANIFEST_UNKNOWN: manifest unknown");
  EXPECT_EQ(FirstError(R"({"errors":[{"code":"DENIED"}]})"), "DENIED");
  EXPECT_EQ(FirstError(R"({"details":"incorrect username or password"})"), "incorrect username or password");
  for (const char* json : {"", "<html>", "[]", R"({"errors":[]})", R"({"errors":{}})", R"({"errors":[[1]]})",
                           R"({"errors":[{"code":1}]})"})
    EXPECT_EQ(FirstError(json), "") << json;
}

TEST(ManifestTest, ADigestIsSha256InLowerCase) {
  EXPECT_TRUE(IsDigest(kA));
  EXPECT_TRUE(IsDigest(DigestOf("")));
  EXPECT_EQ(DigestOf("abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (const std::string& text :
       {std::string(), std::string("sha256:"), "sha256:" + std::string(64, 'A'), "sha256:" + std::string(63, 'a'),
        "sha512:" + std::string(128, 'a'), kA + "\n", kA + "a"})
    EXPECT_FALSE(IsDigest(text)) << text;
}

std::string TokenIn(std::string body) {
  const auto token = ParseToken(body);
  EXPECT_EQ(body, "");
  return token ? token->text + " " + FormatDuration(token->lifetime) : "none";
}

TEST(TokenTest, LivesAsLongAsItSaysLessAMargin) {
  EXPECT_EQ(TokenIn(R"({"token":"abc.d-e_f","expires_in":300})"), "abc.d-e_f 4m45s");
  EXPECT_EQ(TokenIn(R"({"access_token":"a"})"), "a 45s");
  EXPECT_EQ(TokenIn(R"({"access_token":"a","token":"b","expires_in":8})"), "b 6s");
  EXPECT_EQ(TokenIn(R"({"token":"a","expires_in":0})"), "a 45s");
  EXPECT_EQ(TokenIn(R"({"token":"a","expires_in":-9223372036854775808})"), "a 45s");
  EXPECT_EQ(TokenIn(R"({"token":"a","expires_in":9223372036854775807})"), "a 59m45s");
  EXPECT_EQ(TokenIn(R"({"token":"a","expires_in":"300"})"), "a 45s");
}

TEST(TokenTest, WhatCannotStandInAHeaderIsNone) {
  for (const char* body :
       {"", "{}", "[]", R"({"token":""})", R"({"token":1})", R"({"token":null})", R"({"token":"a b"})",
        R"({"token":"a\r\nX-Evil: 1"})", R"({"token":"a\u0000"})", R"({"token":"\u00fc"})", "token"})
    EXPECT_EQ(TokenIn(body), "none") << body;
  EXPECT_EQ(TokenIn(R"({"token":")" + std::string(17'000, 'a') + "\"}"), "none");
  EXPECT_EQ(TokenIn(std::string(50'000, '[')), "none");
}

TEST(TokenTest, AsksForOneRepositoryAndToPullAlone) {
  const Url realm = *ParseUrl("https://a.example.com/token?x=1");
  const logins::RegistryLogin user{.user = "u", .password = "p"};
  HttpRequest request = TokenRequest(realm, "the registry", "team/shop", &user);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url.text(),
            "https://a.example.com:443/token?x=1&service=the%20registry&scope=repository%3Ateam%2Fshop%3Apull");
  EXPECT_EQ(request.basic, &user);
  EXPECT_EQ(TokenRequest(*ParseUrl("https://a/t"), "", "shop", nullptr).url.target,
            "/t?scope=repository%3Ashop%3Apull");
  const logins::RegistryLogin robot{.identity_token = "to&ken"};
  request = TokenRequest(realm, "s", "shop", &robot);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url.target, "/token?x=1");
  EXPECT_EQ(request.basic, nullptr);
  EXPECT_EQ(
      request.form,
      "grant_type=refresh_token&client_id=tinyforge&service=s&scope=repository%3Ashop%3Apull&refresh_token=to%26ken");
}

TEST(EndpointTest, IsHttpsButForLoopbackAndWhatIsListed) {
  const TemporaryDirectory directory;
  const EndpointOptions options{.plain_http = {"lan:5000"}, .certificates = directory.path()};
  const auto at = [&](const char* name) { return EndpointOf(SplitImageName(name), options).At("/tags/list").text(); };
  EXPECT_EQ(at("nginx"), "https://registry-1.docker.io:443/v2/library/nginx/tags/list");
  EXPECT_EQ(at("docker.io/acme/shop"), "https://registry-1.docker.io:443/v2/acme/shop/tags/list");
  EXPECT_EQ(at("r.example.com:5000/shop"), "https://r.example.com:5000/v2/shop/tags/list");
  EXPECT_EQ(at("lan:5000/shop"), "http://lan:5000/v2/shop/tags/list");
  EXPECT_EQ(at("lan:5001/shop"), "https://lan:5001/v2/shop/tags/list");
  EXPECT_EQ(at("localhost:5000/shop"), "http://localhost:5000/v2/shop/tags/list");
  EXPECT_EQ(at("127.0.0.1/shop"), "http://127.0.0.1:80/v2/shop/tags/list");
  EXPECT_EQ(at("127.0.0.1.example.com/shop"), "https://127.0.0.1.example.com:443/v2/shop/tags/list");
}

TEST(EndpointTest, AnAuthorityThatTheEngineTrustsIsTrustedAndMeansTls) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "localhost:5000");
  WriteText(directory / "localhost:5000/ca.crt", "x");
  const EndpointOptions options{.plain_http = {"localhost:5000", "lan:5000"}, .certificates = directory.path()};
  const Endpoint endpoint = EndpointOf(SplitImageName("localhost:5000/shop"), options);
  EXPECT_EQ(endpoint.base.scheme, "https");
  EXPECT_EQ(endpoint.ca_file, directory / "localhost:5000/ca.crt");
  EXPECT_EQ(EndpointOf(SplitImageName("lan:5000/shop"), options).base.scheme, "http");
}

TEST(EndpointTest, NobodyIsLedFromTlsToPlainHttp) {
  const EndpointOptions options{.plain_http = {"lan:5000"}};
  const auto may = [&](const char* from, const char* to) { return MayLead(*ParseUrl(from), *ParseUrl(to), options); };
  EXPECT_TRUE(may("https://a/", "https://b/"));
  EXPECT_TRUE(may("http://lan:5000/", "https://b/"));
  EXPECT_TRUE(may("http://lan:5000/", "http://127.0.0.1:80/"));
  EXPECT_TRUE(may("http://localhost/", "http://lan:5000/"));
  EXPECT_FALSE(may("http://localhost/", "http://b/"));
  EXPECT_FALSE(may("https://a/", "http://a/"));
  EXPECT_FALSE(may("https://a/", "http://localhost/"));
  EXPECT_FALSE(may("https://a/", "http://lan:5000/"));
}

TEST(EndpointTest, ALoginStaysInTheDomainOfItsRegistry) {
  const auto may = [](const std::string& registry, const std::string& realm) {
    const Endpoint endpoint{.image = {.host = registry}, .base = *ParseUrl("https://" + registry + "/")};
    return MayTrust(endpoint, *ParseUrl("https://" + realm + "/token"), {});
  };
  for (const auto& [registry, realm] :
       {std::pair("registry-1.docker.io", "auth.docker.io"), std::pair("registry.gitlab.com", "gitlab.com"),
        std::pair("ghcr.io", "ghcr.io"), std::pair("quay.io:443", "quay.io:8443"),
        std::pair("docker.elastic.co", "docker-auth.elastic.co"), std::pair("lan:5000", "lan:5001"),
        std::pair("10.0.0.1:5000", "10.0.0.1"), std::pair("localhost:5000", "127.0.0.1:5001"),
        std::pair("example.com", "auth.example.com"), std::pair("r.shop.co.uk", "auth.shop.co.uk"),
        std::pair("[fd00::1]", "[fd00::1]:1")})
    EXPECT_TRUE(may(registry, realm)) << registry << " " << realm;
  for (const auto& [registry, realm] :
       {std::pair("registry.example.com", "evil.com"), std::pair("registry.example.com", "evilexample.com"),
        std::pair("registry.example.com", "example.com.evil.org"), std::pair("example.com", "com"),
        std::pair("example.com", "other.com"), std::pair("shop.co.uk", "evil.co.uk"),
        std::pair("shop.com.au", "com.au"), std::pair("lan:5000", "other"), std::pair("lan:5000", "lan.evil.com"),
        std::pair("10.0.0.1", "10.0.0.2"), std::pair("1.10.0.1", "10.0.0.1"),
        std::pair("localhost:5000", "auth.example.com"), std::pair("registry.example.com", "127.0.0.1")})
    EXPECT_FALSE(may(registry, realm)) << registry << " " << realm;
}

TEST(EndpointTest, ALoginGoesToATokenServerThatIsListedForItsRegistry) {
  const EndpointOptions options{
      .token_servers = {{"nvcr.io", "authn.nvidia.com"}, {"nvcr.io", "b.org:8443"}, {"lan:5000", "auth.org"}}};
  const auto may = [&](const std::string& image, const std::string& realm) {
    return MayTrust(EndpointOf(SplitImageName(image), options), *ParseUrl("https://" + realm + "/token"), options);
  };
  EXPECT_TRUE(may("nvcr.io/nvidia/cuda", "authn.nvidia.com"));
  EXPECT_TRUE(may("nvcr.io/nvidia/cuda", "b.org:8443"));
  EXPECT_TRUE(may("lan:5000/shop", "auth.org:5001"));
  EXPECT_FALSE(may("nvcr.io/nvidia/cuda", "b.org"));
  EXPECT_FALSE(may("nvcr.io/nvidia/cuda", "evil.nvidia.com"));
  EXPECT_FALSE(may("nvcr.io/nvidia/cuda", "auth.org"));
  EXPECT_FALSE(may("lan:5001/shop", "auth.org"));
  EXPECT_FALSE(may("r.example.com/shop", "authn.nvidia.com"));
}

TEST(MemoTest, KeepsTheNewestAndNoMoreThanItMay) {
  Memo<int> memo(2);
  memo.Put("a", 1);
  memo.Put("b", 2);
  memo.Put("a", 3);
  memo.Put("c", 4);
  EXPECT_EQ(memo.Find("a"), 3);
  EXPECT_EQ(memo.Find("b"), std::nullopt);
  EXPECT_EQ(memo.Find("c"), 4);
  memo.Drop("a");
  memo.Drop("a");
  EXPECT_EQ(memo.Find("a"), std::nullopt);
}

TEST(FaultTest, AnExcerptIsShortAndPlain) {
  EXPECT_EQ(Excerpt("a\r\nb\x1B[31m\xC3\xBC"), "a??b?[31m??");
  EXPECT_EQ(Excerpt(std::string(200, 'x')), std::string(157, 'x') + "...");
}

TEST(FaultTest, WhatAPersonMustMendSaysHow) {
  const Asked asked{
      .what = "tags of r.example.com/shop", .registry = "r.example.com", .authorities = "/etc/docker/certs.d"};
  const Peer peer{.place = "r.example.com"};
  const auto fault = ExplainFailure(asked, peer, {HttpFault::Certificate, "self-signed certificate"});
  EXPECT_EQ(fault.error.kind, ErrorKind::Waiting);
  EXPECT_THAT(fault.error.message, HasSubstr("/etc/docker/certs.d/r.example.com/ca.crt"));
  EXPECT_THAT(ExplainFailure(asked, peer, {HttpFault::Tls, "wrong version number"}).error.message,
              HasSubstr("plain HTTP"));
  EXPECT_THAT(ExplainStatus(asked, peer, 401, "").error.message, HasSubstr("spec.source.image.pullSecret"));
}

TEST(FaultTest, WhoseFaultItIsDecidesWhoWaits) {
  const Asked asked{.what = "tags of r.example.com/shop"};
  const Peer registry{.place = "r.example.com"};
  const Peer store{.place = "s.example.com", .is_registry = false};
  for (int status : {429, 502, 503, 504}) {
    EXPECT_TRUE(ExplainStatus(asked, registry, status, "").failure->of_registry) << status;
    EXPECT_FALSE(ExplainStatus(asked, store, status, "").failure->of_registry) << status;
  }
  EXPECT_FALSE(ExplainStatus(asked, registry, 500, "").failure->of_registry);
  for (int status : {401, 403, 404}) EXPECT_FALSE(ExplainStatus(asked, registry, status, "").failure) << status;
  EXPECT_TRUE(ExplainFailure(asked, registry, {HttpFault::Connect, "x"}).failure->of_registry);
  EXPECT_FALSE(ExplainFailure(asked, store, {HttpFault::Connect, "x"}).failure->of_registry);
  EXPECT_FALSE(ExplainFailure(asked, registry, {HttpFault::Timeout, ""}).failure->of_registry);
  EXPECT_FALSE(ExplainFailure(asked, registry, {HttpFault::Cancelled, ""}).failure);
}

}  // namespace
}  // namespace tinyforge::registry
