// What the public listener answers. What it holds against is in webhook_attack_test.cc, and who may call how often in
// webhook_guard_test.cc.
#include "controller/serve/webhook.h"

#include <chrono>
#include <thread>

#include "tests/unit/controller/serve/webhook_fixture.h"

namespace tinyforge::serve {
namespace {

using Code = WebhookReceipt::Code;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

DeliveryOutcome Outcome(const std::string& binding, DeliveryResult result, const std::string& message = "") {
  return {.binding = binding, .workload = binding + "-app", .result = result, .message = message};
}

// One outcome of each kind.
Delivery Mixed() {
  return {.id = "delivery00000002",
          .outcomes = {Outcome("a", DeliveryResult::Pending), Outcome("b", DeliveryResult::Rolling),
                       Outcome("c", DeliveryResult::Deployed), Outcome("d", DeliveryResult::Skipped),
                       Outcome("e", DeliveryResult::NoMatch), Outcome("f", DeliveryResult::Errored)}};
}

TEST_F(WebhookTest, AnAcceptedCallIs202WithItsIdAndCounts) {
  backend_.Say({.code = Code::Accepted, .delivery = Mixed()});
  Start();
  const std::string answer = Answer(Post("{}"));
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 202 Accepted\r\n"), HasSubstr("Content-Type: application/json\r\n"),
                            HasSubstr("Cache-Control: no-store\r\n"), HasSubstr("Referrer-Policy: no-referrer\r\n")));
  EXPECT_EQ(BodyOf(answer), R"({"delivery":"delivery00000002","matched":3,"skipped":1,"noMatch":1,"errored":1})"
                            "\n");
}

TEST_F(WebhookTest, TheBackendGetsTheCallAsItCame) {
  Start();
  const std::string body("{\"a\": \0\xff}\r\n", 11);
  EXPECT_EQ(StatusOf(Post(body, "X-GitHub-Event: push\r\n")), "202");
  ASSERT_EQ(backend_.calls().size(), 1u);
  const auto call = backend_.calls().front();
  EXPECT_EQ(call.secret, kSecret);
  EXPECT_EQ(call.body, body);
  EXPECT_EQ(call.source, "127.0.0.1");
  EXPECT_EQ(call.event, "push");
}

TEST_F(WebhookTest, ARepeatedDeliverySaysSo) {
  backend_.Say({.code = Code::Accepted, .delivery = {.id = "delivery00000001"}, .repeated = true});
  Start();
  const std::string answer = Answer(Post("{}"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 202 "));
  EXPECT_THAT(BodyOf(answer), HasSubstr(R"("repeated":true)"));
}

TEST_F(WebhookTest, ConnectionsAreKeptForTheNextDelivery) {
  Start();
  RawClient client = Connect();
  for (int i = 0; i < 20; ++i) {
    client.Send(Post("{}"));
    EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 202 "));
  }
}

TEST_F(WebhookTest, TheControllersRefusalsAreAnsweredAsHttpMeansThem) {
  Start();
  backend_.Say(
      {.code = Code::Invalid, .reason = "BadPayload", .message = "github: ref: expected a text; it is a number"});
  EXPECT_THAT(Answer(Post("{}")), AllOf(StartsWith("HTTP/1.1 400 "),
                                        HasSubstr(R"({"error":{"reason":"BadPayload","message":"github: ref:)")));
  backend_.Say({.code = Code::Unauthorized, .reason = "x", .message = "told-nobody"});
  EXPECT_THAT(Answer(Post("{}")), AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr(R"("reason":"Unauthorized")"),
                                        HasSubstr("WWW-Authenticate: "), Not(HasSubstr("told-nobody"))));
  backend_.Say({.code = Code::Busy, .reason = "Busy", .message = "too much is waiting"});
  EXPECT_THAT(Answer(Post("{}")), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 5\r\n")));
}

TEST_F(WebhookTest, WhatIsNotServedIsTheSame404ToTheByte) {
  Start();
  const std::string unknown = Undated(Answer(Post("{}", "", kPath + "another-secret-of-nobody")));
  EXPECT_THAT(unknown, StartsWith("HTTP/1.1 404 "));
  for (const std::string& path :
       {std::string("/"), std::string("/api/webhook"), std::string("/api/webhook/triggers"), kPath, kPath + "short",
        kPath + kSecret + "/", kPath + kSecret + "/x", "/api/webhook/" + kSecret, "/API/webhook/triggers/" + kSecret,
        "/" + kPath + kSecret, std::string("/metrics"), std::string("/api/workloads"), kPath + std::string(4000, 'x')})
    EXPECT_EQ(Undated(Answer(Post("{}", "", path))), unknown) << path;
  backend_.Say({.code = Code::NotFound, .reason = "Disabled", .message = "the trigger is disabled"});
  EXPECT_EQ(Undated(Answer(Post("{}"))), unknown) << "a secret that ceased to be one between header and body";
}

TEST_F(WebhookTest, OtherMethodsAre405WhateverTheSecret) {
  Start();
  for (const std::string method : {"GET", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const std::string known = Answer(method + " " + kPath + kSecret + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(known, AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: POST\r\n"), HasSubstr("MethodNotAllowed")));
    const std::string unknown = Answer(method + " " + kPath + "another-secret-of-nobody HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(Undated(known), Undated(unknown)) << method;
  }
  EXPECT_EQ(BodyOf(Answer("HEAD " + kPath + kSecret + " HTTP/1.1\r\nHost: x\r\n\r\n")), "");
  EXPECT_TRUE(backend_.calls().empty());
}

TEST_F(WebhookTest, APostNeedsALength) {
  Start();
  EXPECT_THAT(Answer("POST " + kPath + kSecret + " HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 411 Length Required\r\n"), HasSubstr("LengthRequired")));
  EXPECT_EQ(StatusOf(Post("")), "202");
  EXPECT_EQ(StatusOf("POST " + kPath + kSecret + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "202");
}

TEST_F(WebhookTest, BodiesOverOneMebibyteAre413) {
  Start();
  EXPECT_EQ(StatusOf(Post(std::string(1 << 20, ' '))), "202");
  EXPECT_EQ(StatusOf(Post(std::string((1 << 20) + 1, ' '))), "413");
}

TEST_F(WebhookTest, WhatVendorsSendIsReadAndTheRestIs415) {
  Start();
  for (const char* type : {"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
                           "application/vnd.docker.distribution.events.v1+json", "application/x-www-form-urlencoded",
                           "application/cloudevents+json; charset=utf-8", "text/json"})
    EXPECT_EQ(StatusOf(Post("{}", std::string("Content-Type: ") + type + "\r\n")), "202") << type;
  EXPECT_EQ(StatusOf(Post("{}")), "202") << "curl with an empty type";
  EXPECT_EQ(StatusOf(Post("", "Content-Type: text/plain\r\n")), "202") << "there is nothing to read";
  for (const char* type : {"text/plain", "text/xml", "application/octet-stream", "multipart/form-data; boundary=x",
                           "application/jsonx", "json"})
    EXPECT_EQ(StatusOf(Post("{}", std::string("Content-Type: ") + type + "\r\n")), "415") << type;
}

TEST_F(WebhookTest, ContinueIsSaidOnlyToWhoKnowsASecret) {
  Start();
  const auto head = [](const std::string& secret) {
    return "POST " + kPath + secret + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  };
  RawClient welcome = Connect();
  welcome.Send(head(kSecret));
  EXPECT_EQ(welcome.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  welcome.Send("{}");
  EXPECT_THAT(welcome.ReadAnswer(), StartsWith("HTTP/1.1 202 "));
  RawClient stranger = Connect();
  stranger.Send(head("another-secret-of-nobody"));
  EXPECT_THAT(stranger.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
}

class WebhookWaitTest : public WebhookTest {
 protected:
  void StartPending() {
    backend_.Say({.code = Code::Accepted,
                  .delivery = {.id = "delivery00000003", .outcomes = {Outcome("a", DeliveryResult::Pending)}}});
    Start();
  }
  static std::string Waiting(const std::string& wait) { return Post("{}", "", kPath + kSecret + "?wait=" + wait); }
  void AwaitWaiting(std::size_t count) {
    while (backend_.waiting() != count) std::this_thread::sleep_for(milliseconds(1));
  }
};

TEST_F(WebhookWaitTest, ADeliveryThatIsFinalIsAnsweredAtOnce) {
  Delivery done = Mixed();
  done.outcomes.erase(done.outcomes.begin(), done.outcomes.begin() + 2);
  done.outcomes[0].service = "web";
  done.outcomes[0].message = "1.4.2 runs";
  backend_.Say({.code = Code::Accepted, .delivery = done});
  Start();
  const std::string answer = Answer(Waiting("5m"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(
      BodyOf(answer),
      R"({"delivery":"delivery00000002","deployed":1,"skipped":1,"noMatch":1,"errored":1,"pending":0,"bindings":[)"
      R"({"binding":"c","workload":"c-app","service":"web","result":"deployed","reason":"Deployed"},)"
      R"({"binding":"d","workload":"d-app","result":"skipped","reason":"NothingToDo"},)"
      R"({"binding":"e","workload":"e-app","result":"no-match","reason":"NoMatch"},)"
      R"({"binding":"f","workload":"f-app","result":"errored","reason":"Failed"}]})"
      "\n");
}

TEST_F(WebhookWaitTest, TheAnswerComesWhenTheDeliveryIsFinal) {
  StartPending();
  RawClient client = Connect();
  client.Send(Waiting("1m"));
  AwaitWaiting(1);
  backend_.Finish({.id = "delivery00000003", .outcomes = {Outcome("a", DeliveryResult::Deployed, "1.4.2 runs")}});
  EXPECT_THAT(client.ReadAnswer(),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr(R"("deployed":1)"), Not(HasSubstr("1.4.2 runs"))));
}

TEST_F(WebhookWaitTest, AfterTheTimeItSaysWhatIsPending) {
  StartPending();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(Answer(Waiting("0s")), HasSubstr(R"("pending":1)"));
  RawClient client = Connect();
  client.Send(Waiting("100ms"));
  EXPECT_THAT(client.ReadAnswer(), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr(R"("pending":1)")));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(100));
}

// A hundred times as many as there are threads.
TEST_F(WebhookWaitTest, WaitingHoldsNoThreadAndIsBounded) {
  options_.connections_per_source = 0;
  StartPending();
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kMostWaiting; ++i) {
    clients.push_back(Connect());
    clients.back().Send(Waiting("5m"));
  }
  AwaitWaiting(kMostWaiting);
  RawClient other = Connect();
  other.Send(Post("{}"));
  EXPECT_THAT(other.ReadAnswer(), StartsWith("HTTP/1.1 202 "));
  other.Send(Waiting("5m"));
  EXPECT_THAT(other.ReadAnswer(), StartsWith("HTTP/1.1 202 ")) << "no room to wait";
  backend_.Finish({.id = "delivery00000003", .outcomes = {Outcome("a", DeliveryResult::Skipped)}});
  for (RawClient& client : clients) EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
  other.Send(Waiting("5m"));
  EXPECT_THAT(other.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(WebhookWaitTest, AWaitThatIsNoneIs400AndNothingIsAccepted) {
  Start();
  for (const char* wait : {"", "5", "6m", "-1s", "1h", "soon", "1e9s", "99999999999999999999h"})
    EXPECT_THAT(Answer(Waiting(wait)), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("at most 5m"))) << wait;
  EXPECT_TRUE(backend_.calls().empty());
}

TEST_F(WebhookWaitTest, StoppingEndsThoseWhoWait) {
  StartPending();
  RawClient client = Connect();
  client.Send(Waiting("5m"));
  AwaitWaiting(1);
  server_->Stop();
  EXPECT_TRUE(client.SeesClose());
  backend_.Finish({.id = "delivery00000003"});
}

}  // namespace
}  // namespace tinyforge::serve
