// Triggers at work as the API shows them and makes them act.
#include <gmock/gmock.h>

#include <semaphore>

#include "controller/serve/api.h"
#include "tests/unit/controller/serve/fake_backend.h"
#include "tests/unit/controller/serve/server_fixture.h"

namespace tinyforge::serve {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ApiTriggersTest : public ServerTest {
 protected:
  ApiTriggersTest() {
    limits_.pool_threads = 1;  // a request that held it would be noticed
    server_ = std::make_unique<HttpServer>(limits_, log_);
    EXPECT_TRUE(server_->ListenUnix(Socket(), 0660, MakeApiRouter(backend_)));
    server_->Start();
    for (const Kind kind : {Kind::Workload, Kind::Trigger, Kind::Binding}) {
      const ObjectKey key{kind, "shop"};
      backend_.store.records[key] = {.key = key, .meta = {.name = "shop"}, .spec_json = "{}", .generation = 1};
    }
    backend_.triggers.bound = {
        {.binding = "shop",
         .trigger = "shop",
         .kind = "registry",
         .workload = "shop",
         .decides = true,
         .accepted = "1.4"},
        {.binding = "other", .trigger = "other", .kind = "git", .workload = "api", .problem = "it dangles"}};
  }
  ~ApiTriggersTest() override { server_->Stop(); }

  // Of a client that stays: one that closes its sending side is answered before its time.
  std::string Get(const std::string& path) const {
    RawClient client = Connect();
    client.Send(Request(path));
    return client.ReadAnswer();
  }
  static std::string PostOf(const std::string& path, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }
  std::string Post(const std::string& path, const std::string& body = "{}") const {
    RawClient client = Connect();
    client.Send(PostOf(path, body));
    return client.ReadAnswer();
  }
  static Delivery Make(const std::string& id, const std::string& trigger, DeliveryResult result) {
    return {.id = id,
            .trigger = trigger,
            .received = SysTime(std::chrono::seconds(1767225600)),
            .outcomes = {{"b", "shop", "", result, "because", SysTime(std::chrono::seconds(1767225601))}}};
  }

  FakeBackend backend_;
};

TEST_F(ApiTriggersTest, ObjectsShowWhatIsBound) {
  const std::string shop =
      R"("bound":[{"binding":"shop","trigger":"shop","kind":"registry","workload":"shop","enabled":true,"decides":true,"accepted":"1.4"}])";
  for (const char* path :
       {"/api/workloads/shop", "/api/triggers/shop", "/api/bindings/shop", "/api/triggers", "/api/bindings"})
    EXPECT_THAT(Get(path), AllOf(HasSubstr(shop), Not(HasSubstr("dangles")))) << path;
}

TEST_F(ApiTriggersTest, OneBindingShowsItsConfiguration) {
  backend_.triggers.configs["shop"] = {.base = R"({"pollInterval":"5m"})",
                                       .overrides = R"({"tagPolicy":{"semver":"1.x"}})",
                                       .merged = R"({"pollInterval":"5m","tagPolicy":{"semver":"1.x"}})",
                                       .overridden = {"tagPolicy"}};
  EXPECT_THAT(
      Get("/api/bindings/shop"),
      HasSubstr(
          R"("config":{"base":{"pollInterval":"5m"},"overrides":{"tagPolicy":{"semver":"1.x"}},"merged":{"pollInterval":"5m","tagPolicy":{"semver":"1.x"}},"overridden":["tagPolicy"]})"));
  backend_.triggers.configs.clear();
  EXPECT_THAT(Get("/api/bindings/shop"), HasSubstr(R"("config":{"problem":"trigger \"gone\" not found"})"));
}

TEST_F(ApiTriggersTest, ATriggerShowsItsLastDelivery) {
  (void)backend_.triggers.log.PutDeliveries({Make("a", "shop", DeliveryResult::Errored),
                                             Make("b", "shop", DeliveryResult::Deployed),
                                             Make("c", "other", DeliveryResult::Skipped)});
  for (const char* path : {"/api/triggers/shop", "/api/triggers"})
    EXPECT_THAT(
        Get(path),
        HasSubstr(
            R"("lastDelivery":{"id":"b","received":"2026-01-01T00:00:00.000Z","counts":{"pending":0,"deployed":1,"skipped":0,"noMatch":0,"errored":0}})"));
  backend_.triggers.log.broken = Error{ErrorKind::Transient, "the cache cannot be read"};
  EXPECT_THAT(Get("/api/triggers"), AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr("lastDelivery"))));
  EXPECT_THAT(Get("/api/deliveries"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(ApiTriggersTest, DeliveriesAreListedNewestFirst) {
  (void)backend_.triggers.log.PutDeliveries(
      {Make("a", "shop", DeliveryResult::Errored), Make("b", "other", DeliveryResult::Deployed)});
  const std::string all = Get("/api/deliveries");
  EXPECT_LT(all.find(R"("name":"b")"), all.find(R"("name":"a")"));
  EXPECT_THAT(Get("/api/deliveries?trigger=shop"), AllOf(HasSubstr(R"("name":"a")"), Not(HasSubstr(R"("name":"b")"))));
  EXPECT_THAT(Get("/api/deliveries?limit=1"), Not(HasSubstr(R"("name":"a")")));
  EXPECT_THAT(Get("/api/deliveries?limit=0"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ApiTriggersTest, OneDeliveryStandsAlone) {
  Delivery delivery = Make("a", "shop", DeliveryResult::NoMatch);
  delivery.headers = {{"X-Odd", "a\xff"}};
  (void)backend_.triggers.log.PutDeliveries({delivery});
  EXPECT_THAT(
      Get("/api/deliveries/a"),
      AllOf(
          HasSubstr(
              R"({"apiVersion":"tinyforge.dev/v1","kind":"Delivery","metadata":{"name":"a","labels":{"trigger":"shop"},"creationTimestamp":"2026-01-01T00:00:00.000Z"},"status":{)"),
          HasSubstr("\"X-Odd\":\"a\uFFFD\""), HasSubstr(R"("result":"no-match")"), HasSubstr(R"("noMatch":1)")));
  EXPECT_THAT(Get("/api/deliveries/b"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ApiTriggersTest, DeliveriesCanBeWatched) {
  RawClient client = Connect();
  client.Send(Request("/api/deliveries?watch=1000&timeout=30s"));
  (void)backend_.triggers.log.PutDeliveries({Make("a", "shop", DeliveryResult::Deployed)});
  backend_.changes.Bump();
  EXPECT_THAT(client.ReadAnswer(), HasSubstr(R"("name":"a")"));
}

TEST_F(ApiTriggersTest, FireAndReplayAnswerAtOnce) {
  backend_.triggers.accepted = Make("x", "", DeliveryResult::Pending);
  EXPECT_THAT(Post("/api/triggers/shop/fire"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr(R"("name":"x")"), HasSubstr(R"("cause":"tfctl fire")"),
                    HasSubstr(R"("pending":1)")));
  EXPECT_THAT(Post("/api/deliveries/x/replay"), HasSubstr(R"("cause":"tfctl replay")"));
  EXPECT_THAT(Post("/api/triggers/ghost/fire"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Post("/api/deliveries/none/replay"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ApiTriggersTest, AWaitEndsWithTheDeliveryAndHoldsNoThread) {
  backend_.triggers.accepted = Make("x", "", DeliveryResult::Pending);
  std::counting_semaphore<8> awaited(0);
  backend_.triggers.on_await = [&awaited] { awaited.release(); };
  RawClient first = Connect();
  RawClient second = Connect();
  first.Send(PostOf("/api/triggers/shop/fire?wait=30s", "{}"));
  awaited.acquire();
  second.Send(Request("/api/deliveries/x?wait=30s"));
  awaited.acquire();
  EXPECT_THAT(Get("/api/deliveries/x"), HasSubstr(R"("pending":1)"));  // the one thread is free
  backend_.triggers.Finish(Make("x", "shop", DeliveryResult::Deployed));
  EXPECT_THAT(first.ReadAnswer(), HasSubstr(R"("deployed":1)"));
  EXPECT_THAT(second.ReadAnswer(), HasSubstr(R"("deployed":1)"));
  EXPECT_THAT(Get("/api/deliveries/x?wait=30s"), HasSubstr(R"("deployed":1)"));
}

TEST_F(ApiTriggersTest, AWaitThatIsOverShowsTheDeliveryAsItIs) {
  backend_.triggers.accepted = Make("x", "", DeliveryResult::Rolling);
  EXPECT_THAT(Post("/api/triggers/shop/fire?wait=20ms"), HasSubstr(R"("result":"rolling")"));
  EXPECT_THAT(Post("/api/triggers/shop/fire?wait=soon"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ApiTriggersTest, WhatIsAskedOfAWorkloadIsAnsweredInASentence) {
  EXPECT_THAT(Post("/api/workloads/shop/deploy"), HasSubstr(R"({"message":"shop is made anew"})"));
  EXPECT_THAT(Post("/api/workloads/shop/deploy", ""), HasSubstr("shop is made anew"));
  EXPECT_THAT(Post("/api/workloads/shop/deploy", R"({"version":"1.5"})"), HasSubstr("shop gets 1.5"));
  EXPECT_THAT(Post("/api/workloads/shop/promote"), HasSubstr("shop is promoted"));
  EXPECT_THAT(Post("/api/approve/promotion", R"({"workload":"shop"})"), HasSubstr("shop is approved"));
  EXPECT_THAT(Post("/api/workloads/pinned/deploy"), StartsWith("HTTP/1.1 409 "));
  EXPECT_THAT(Post("/api/workloads/ghost/promote"), StartsWith("HTTP/1.1 404 "));
  for (const char* body : {"[]", R"({"version":1})", R"({"versoin":"1"})", R"({"version":"1","x":"y"})", "{"})
    EXPECT_THAT(Post("/api/workloads/shop/deploy", body), StartsWith("HTTP/1.1 400 ")) << body;
  for (const char* body : {"", "{}", R"({"workload":""})", R"({"name":"shop"})"})
    EXPECT_THAT(Post("/api/approve/promotion", body), StartsWith("HTTP/1.1 400 ")) << body;
}

TEST_F(ApiTriggersTest, ARotatedSecretIsNamedAndNotShown) {
  backend_.triggers.rotated_until = SysTime(std::chrono::seconds(1767225600));
  EXPECT_THAT(
      Post("/api/triggers/shop/rotate"),
      HasSubstr(
          R"({"file":"/etc/tinyforge/secrets/hooks/shop","fingerprint":"1a2b3c4d","oldUntil":"2026-01-01T00:00:00.000Z"})"));
  EXPECT_THAT(Post("/api/triggers/shop/rotate", R"({"grace": "0s"})"),
              AllOf(HasSubstr("1a2b3c4d"), Not(HasSubstr("oldUntil"))));
  for (const char* body :
       {R"({"grace": "soon"})", R"({"grace": "-1h"})", R"({"grace": 0})", R"({"grace": ""})", R"({"graze": "1h"})"})
    EXPECT_THAT(Post("/api/triggers/shop/rotate", body), StartsWith("HTTP/1.1 400 ")) << body;
  EXPECT_THAT(Post("/api/triggers/ghost/rotate"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ApiTriggersTest, TriggerKindsAreNoWorkload) {
  EXPECT_THAT(Get("/api/workloads/trigger-kinds"), HasSubstr(R"("items":[{"kind":"registry","policy":true,"sample":)"));
}

}  // namespace
}  // namespace tinyforge::serve
