#include "controller/serve/api.h"

#include <gmock/gmock.h>

#include <semaphore>

#include "controller/serve/api_actions.h"
#include "tests/unit/controller/serve/fake_backend.h"
#include "tests/unit/controller/serve/server_fixture.h"

namespace tinyforge::serve {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ApiTest : public ServerTest {
 protected:
  ApiTest() {
    server_ = std::make_unique<HttpServer>(limits_, log_);
    EXPECT_TRUE(server_->ListenUnix(Socket(), 0660, MakeApiRouter(backend_)));
    EXPECT_TRUE(server_->ListenUnix(MetricsSocket(), 0660, MakeMetricsRouter(backend_)));
    server_->Start();
    const ObjectKey key{Kind::Workload, "shop"};
    backend_.store.records[key] = {
        .key = key, .meta = {.name = "shop"}, .spec_json = R"({"replicas":2})", .generation = 3};
  }
  ~ApiTest() override { server_->Stop(); }

  std::string MetricsSocket() const { return dir_ / "m"; }
  std::string Get(const std::string& path) const { return Answer(Request(path)); }
  // The answer while the client stays: one that closes its sending side is answered before its time.
  std::string Connected(const std::string& path) const {
    RawClient client = Connect();
    client.Send(Request(path));
    return client.ReadAnswer();
  }
  std::string GetMetrics(const std::string& path) const {
    RawClient client(MetricsSocket());
    client.Send(Request(path, "Connection: close\r\n"));
    return client.ReadAll();
  }
  std::string Post(const std::string& path, const std::string& body) const {
    return Answer("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                  "\r\n\r\n" + body);
  }

  FakeBackend backend_;
};

TEST_F(ApiTest, ListsAreRecordsWithAVersion) {
  EXPECT_THAT(
      Get("/api/workloads"),
      AllOf(
          StartsWith("HTTP/1.1 200 "), HasSubstr("\r\nTinyforge-Version: 1000\r\n"),
          HasSubstr(
              R"({"version":1000,"items":[{"apiVersion":"tinyforge.dev/v1","kind":"Workload","metadata":{"name":"shop","generation":3},"spec":{"replicas":2},"status":{)")));
  EXPECT_THAT(Get("/api/triggers"), EndsWith("{\"version\":1000,\"items\":[]}\n"));
}

TEST_F(ApiTest, OneObjectStandsAloneAndAMissingOneIs404) {
  EXPECT_THAT(Get("/api/workloads/shop"),
              HasSubstr("\r\n\r\n{\"apiVersion\":\"tinyforge.dev/v1\",\"kind\":\"Workload\""));
  EXPECT_THAT(Get("/api/workloads/nobody"), AllOf(StartsWith("HTTP/1.1 404 "), Not(HasSubstr("nobody"))));
}

TEST_F(ApiTest, SourceKindsAreNoWorkload) {
  EXPECT_THAT(Get("/api/workloads/source-kinds"), HasSubstr(R"("items":[{"kind":"image")"));
}

TEST_F(ApiTest, ContainersAreFiltered) {
  backend_.store.containers = {{.name = "a", .workload = "shop", .kind = "image", .state = "running"},
                               {.name = "b", .workload = "shop", .kind = "image", .state = "exited"},
                               {.name = "c", .workload = "api", .kind = "image", .state = "exited"}};
  EXPECT_THAT(Get("/api/containers?workload=shop&state=exited"),
              AllOf(HasSubstr(R"("name":"b")"), Not(HasSubstr(R"("name":"a")")), Not(HasSubstr(R"("name":"c")"))));
}

TEST_F(ApiTest, AStoreThatFailsIs503WithItsMessage) {
  backend_.store.broken = Error{ErrorKind::Transient, "the cache cannot be read"};
  EXPECT_THAT(Get("/api/workloads"), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("the cache cannot be read")));
}

TEST_F(ApiTest, AWatchWaitsForAnotherVersion) {
  RawClient client = Connect();
  client.Send(Request("/api/workloads?watch=1000&timeout=30s"));
  // Whatever comes first, the request or the change, the answer shows the changed state.
  {
    const std::lock_guard lock(backend_.store.mutex);
    backend_.store.records.clear();
  }
  backend_.changes.Bump();
  EXPECT_THAT(client.ReadAnswer(), EndsWith("{\"version\":1001,\"items\":[]}\n"));
}

TEST_F(ApiTest, AWatchOfAnotherVersionIsAnsweredAtOnceAndOneThatSeesNothingWhenItsTimeIsOver) {
  EXPECT_THAT(Connected("/api/workloads?watch=5"), HasSubstr("\"version\":1000"));
  EXPECT_THAT(Connected("/api/workloads?watch=1000&timeout=20ms"), HasSubstr("\"version\":1000"));
  EXPECT_THAT(Get("/api/workloads?watch=x"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Get("/api/workloads?watch=1000&timeout=x"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ApiTest, ASyncIsToldWhenItsClientGoesAway) {
  std::binary_semaphore entered(0);
  std::binary_semaphore told(0);
  backend_.on_sync = [&](std::stop_token stop) {
    std::binary_semaphore gone(0);
    const std::stop_callback on_stop(stop, [&gone] { gone.release(); });
    entered.release();
    gone.acquire();
    told.release();
    return Error{ErrorKind::Transient, "interrupted"};
  };
  {
    RawClient client = Connect();
    client.Send("POST /api/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    entered.acquire();
  }
  EXPECT_TRUE(told.try_acquire_for(std::chrono::seconds(10)));
}

TEST_F(ApiTest, PlansTakeFilesAsTextOrBase64AndNothingElse) {
  EXPECT_THAT(Post("/api/plan", R"({"files":{"a.yaml":"x: 1\n","b":{"base64":"AP8="}}})"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(backend_.planned_files.at("a.yaml"), "x: 1\n");
  EXPECT_EQ(backend_.planned_files.at("b"), std::string("\0\xff", 2));
  for (const std::string body : {"", "[]", "{}", R"({"files":[]})", R"({"files":{"a":1}})",
                                 R"({"files":{"a":{"base64":"!"}}})", R"({"files":{"a":{"base64":"AA","b":1}}})"}) {
    EXPECT_THAT(Post("/api/plan", body), StartsWith("HTTP/1.1 400 ")) << body;
  }
  EXPECT_THAT(Post("/api/plan", std::string(1'000'000, '[')), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ApiTest, LogOptionsAreChecked) {
  EXPECT_THAT(Get("/api/workloads/shop/logs?tail=-1"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Get("/api/workloads/shop/logs?since=yesterday"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ApiTest, HealthAndMetricsAreOnTheirOwnListener) {
  EXPECT_THAT(GetMetrics("/healthz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("ok\n")));
  backend_.readyz = {false, "no revision is in force yet"};
  EXPECT_THAT(GetMetrics("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("no revision is in force yet\n")));
  EXPECT_THAT(GetMetrics("/metrics"), HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(GetMetrics("/api/workloads"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ApiTest, TextOfTheWorldThatIsNotUtf8IsStillJson) {
  backend_.store.events = {{.reason = "X", .message = "bad \xff byte"}};
  EXPECT_THAT(Get("/api/events"), HasSubstr("bad \xef\xbf\xbd byte"));
}

}  // namespace
}  // namespace tinyforge::serve
