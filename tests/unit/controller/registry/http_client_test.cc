#include "controller/registry/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controller/registry/scripted_registry.h"

namespace tinyforge::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class HttpClientTest : public testing::Test {
 protected:
  static HttpRequest To(const std::string& url, const std::string& registry = "r") {
    return {.registry = registry, .url = *ParseUrl(url), .timeout = std::chrono::seconds(10)};
  }
  std::variant<HttpAnswer, HttpFailure> Send(const HttpRequest& request) { return client_.Send(request, {}); }

  ScriptedRegistry server_{[](const ServedRequest&) -> Reply { return {.body = "hello"}; }};
  HttpClient client_{{}};
};

TEST_F(HttpClientTest, WhatIsLedToFromTheOutsideMayNotBeInside) {
  HttpRequest request = To(server_.url());
  request.outside_only = true;
  const auto outcome = Send(request);
  ASSERT_TRUE(std::holds_alternative<HttpFailure>(outcome));
  EXPECT_EQ(std::get<HttpFailure>(outcome).fault, HttpFault::Forbidden);
  EXPECT_EQ(std::get<HttpFailure>(outcome).detail, "127.0.0.1");
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(HttpClientTest, AConnectionThatOneRegistryMayHaveIsNotLentToAnother) {
  EXPECT_TRUE(std::get<HttpAnswer>(Send(To(server_.url(), "inside"))).inside);
  HttpRequest request = To(server_.url(), "outside");
  request.outside_only = true;
  EXPECT_EQ(std::get<HttpFailure>(Send(request)).fault, HttpFault::Forbidden);
  EXPECT_EQ(std::get<HttpAnswer>(Send(To(server_.url(), "inside"))).body, "hello");
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(HttpClientTest, OnlyAFewIdleSessionsAreKept) {
  for (int i = 0; i < 20; ++i) Send(To(server_.url(), std::to_string(i)));
  EXPECT_EQ(server_.connections(), 20);
  for (int i = 12; i < 20; ++i) Send(To(server_.url(), std::to_string(i)));
  EXPECT_EQ(server_.connections(), 20);
  Send(To(server_.url(), "0"));
  EXPECT_EQ(server_.connections(), 21);
}

TEST_F(HttpClientTest, NothingOfOneRequestIsLeftInTheNext) {
  const logins::RegistryLogin login{.user = "u", .password = "p"};
  HttpRequest first = To(server_.url() + "/one");
  first.method = "POST";
  first.form = "a=b";
  first.basic = &login;
  Send(first);
  HttpRequest second = To(server_.url() + "/two");
  second.bearer = "t";
  Send(second);
  Send(To(server_.url() + "/three"));
  const auto requests = server_.requests();
  ASSERT_THAT(server_.lines(), ElementsAre("POST /one", "GET /two", "GET /three"));
  EXPECT_EQ(requests[0].Header("authorization"), "Basic dTpw");
  EXPECT_EQ(requests[0].body, "a=b");
  EXPECT_EQ(requests[1].Header("authorization"), "Bearer t");
  EXPECT_EQ(requests[2].Header("authorization"), "");
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(HttpClientTest, NoProxyOfTheEnvironmentIsAsked) {
  setenv("http_proxy", server_.url().c_str(), 1);
  setenv("all_proxy", server_.url().c_str(), 1);
  Send(To("http://registry.invalid/v2/a"));
  unsetenv("http_proxy");
  unsetenv("all_proxy");
  EXPECT_EQ(server_.requests().size(), 0u);
}

TEST_F(HttpClientTest, AStopBeforeTheBeginningAsksNobody) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(std::get<HttpFailure>(client_.Send(To(server_.url()), stop.get_token())).fault, HttpFault::Cancelled);
  EXPECT_EQ(server_.connections(), 0);
}

}  // namespace
}  // namespace tinyforge::registry
