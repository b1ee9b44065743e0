#include "controller/docker/engine_client.h"

#include <gmock/gmock.h>

#include "tests/unit/controller/docker/scripted_engine.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const EngineCall kInspect{.endpoint = Endpoint::ContainerInspect, .object = "web"};

TEST(EngineClientTest, NegotiatesOnceAndReusesItsConnection) {
  ScriptedEngine engine([](const std::string&) { return Answer(200, "{}"); });
  std::vector<std::string> counted;
  EngineClient client({engine.host(), [&](const CallRecord& record) {
                         counted.push_back(std::string(record.operation) + " " + std::to_string(record.code));
                       }});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.Call(kInspect));
  ASSERT_THAT(engine.requests(), SizeIs(3));
  EXPECT_THAT(engine.requests()[0], testing::StartsWith("GET /v1.41/containers/web/json HTTP/1.1\r\n"));
  EXPECT_EQ(engine.connections(), 1);
  EXPECT_THAT(counted,
              ElementsAre("version 200", "container_inspect 200", "container_inspect 200", "container_inspect 200"));
  EXPECT_EQ(client.mutating_calls(), 0u);
}

TEST(EngineClientTest, BodiesAreSentWithTheirExactLength) {
  ScriptedEngine engine([](const std::string&) { return Answer(204, ""); });
  EngineClient client({engine.host(), {}});
  ASSERT_TRUE(client.Call({.endpoint = Endpoint::ContainerStart, .object = "web"}));
  ASSERT_TRUE(client.Call({.endpoint = Endpoint::ContainerCreate, .query = {{"name", "a b"}}, .body = "{\"A\":1}"}));
  ASSERT_TRUE(client.Call({.endpoint = Endpoint::ContainerRemove, .object = "web"}));
  auto requests = engine.requests();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_THAT(requests[0], HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("POST /v1.41/containers/create?name=a%20b "));
  EXPECT_THAT(requests[1], HasSubstr("\r\nContent-Length: 7\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_TRUE(requests[1].ends_with("\r\n\r\n{\"A\":1}"));
  for (const auto& request : requests) {
    EXPECT_THAT(request, Not(HasSubstr("Transfer-Encoding")));
    EXPECT_THAT(request, Not(HasSubstr("Expect")));
  }
  EXPECT_EQ(client.mutating_calls(), 3u);
}

TEST(EngineClientTest, StatusesAreKinds) {
  int status = 0;
  std::string message;
  ScriptedEngine engine([&](const std::string&) { return Answer(status, "{\"message\":\"" + message + "\"}\n"); });
  EngineClient client({engine.host(), {}});
  for (auto [code, text, kind] :
       {std::tuple(400, "bad", ErrorKind::Terminal),
        {403, "no", ErrorKind::Terminal},
        {404, "No such container: web", ErrorKind::NotFound},
        {409, "held", ErrorKind::Conflict},
        {429, "slow", ErrorKind::Waiting},
        {500, "oops", ErrorKind::Transient},
        {502, "oops", ErrorKind::Transient},
        {503, "later", ErrorKind::Waiting},
        {500, "Bind for 0.0.0.0:80 failed: port is already allocated", ErrorKind::Waiting},
        {500, "write x: no space left on device", ErrorKind::Waiting},
        {400, "invalid mount config for type 'bind': bind source path does not exist: /srv/a", ErrorKind::Waiting},
        {500, "error gathering device information while adding custom device '/dev/x': no such file or directory",
         ErrorKind::Waiting},
        {500, "failed to bind host port for 0.0.0.0:80: address already in use", ErrorKind::Waiting},
        {500, "error mounting '/srv/a' to rootfs at '/a': stat /srv/a: no such file or directory", ErrorKind::Waiting},
        {400, "runc create failed: unable to start container process: exec: 'x': stat x: no such file or directory",
         ErrorKind::Terminal},
        {400, "runc create failed: unable to start container process: exec: 'x': executable file not found in $PATH",
         ErrorKind::Terminal}}) {
    {
      std::lock_guard lock(engine.mutex());
      status = code;
      message = text;
    }
    auto answer = client.Call(kInspect);
    ASSERT_FALSE(answer) << code;
    EXPECT_EQ(answer.error().kind, kind) << code << text;
    EXPECT_EQ(answer.error().message, "inspect container web: " + std::string(text));
  }
  {
    std::lock_guard lock(engine.mutex());
    status = 304;
  }
  EXPECT_TRUE(client.Call(kInspect));
}

TEST(EngineClientTest, ABrokenExchangeIsTransientAndNamesTheCall) {
  std::string answer;
  ScriptedEngine engine([&](const std::string&) { return answer; });
  EngineClient client({engine.host(), {}});
  for (const std::string& raw : {std::string(), std::string("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"tru"),
                                 std::string("garbage\r\n\r\n"),
                                 std::string("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense")}) {
    {
      std::lock_guard lock(engine.mutex());
      answer = raw;
    }
    EngineCall call = kInspect;
    call.deadline = std::chrono::milliseconds(300);
    auto result = client.Call(call);
    ASSERT_FALSE(result) << raw;
    EXPECT_EQ(result.error().kind, ErrorKind::Transient);
    EXPECT_THAT(result.error().message, testing::StartsWith("inspect container web: "));
  }
}

TEST(EngineClientTest, AnAnswerLargerThanTheCapIsRefused) {
  ScriptedEngine engine([](const std::string&) { return Answer(200, std::string(kMaxAnswerBytes + 1, ' ')); });
  EngineClient client({engine.host(), {}});
  auto answer = client.Call(kInspect);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("larger than 8 MiB"));
}

TEST(EngineClientTest, ADeadlineAndAStopEndAHungCall) {
  ScriptedEngine engine([](const std::string&) { return "hang"; });
  EngineClient client({engine.host(), {}});
  EngineCall call = kInspect;
  call.deadline = std::chrono::milliseconds(50);
  auto late = client.Call(call);
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("no answer within 50ms"));

  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  auto begun = std::chrono::steady_clock::now();
  auto stopped = client.Call(kInspect, source.get_token());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().message, HasSubstr("cancelled"));
}

TEST(EngineClientTest, AMissingSocketSaysSo) {
  EngineClient client({"unix:///no/such/docker.sock", {}});
  auto answer = client.Call(kInspect);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::Transient);
  EXPECT_THAT(answer.error().message,
              HasSubstr("Docker Engine at unix:///no/such/docker.sock: it is not reachable: No such file"));
  EngineClient tcp({"tcp://1.2.3.4:2375", {}});
  EXPECT_EQ(tcp.Call(kInspect).error().kind, ErrorKind::Invalid);
}

TEST(EngineClientTest, ANameCannotReachAnotherEndpoint) {
  ScriptedEngine engine([](const std::string&) { return Answer(200, "{}"); });
  EngineClient client({engine.host(), {}});
  for (const char* name : {"", "..", "a/../..", ".", "../../images"}) {
    auto answer = client.Call({.endpoint = Endpoint::ContainerInspect, .object = name});
    ASSERT_FALSE(answer) << name;
    EXPECT_EQ(answer.error().kind, ErrorKind::Invalid);
  }
  EXPECT_THAT(engine.requests(), IsEmpty());
  ASSERT_TRUE(client.Call({.endpoint = Endpoint::ContainerInspect, .object = "a?x=1#b\r\nHost: c"}));
  EXPECT_THAT(engine.requests()[0],
              testing::StartsWith("GET /v1.41/containers/a%3Fx%3D1%23b%0D%0AHost:%20c/json HTTP"));
}

TEST(EngineClientTest, AStreamIsDeliveredInPiecesAndEndsWhenTheHandlerSaysSo) {
  ScriptedEngine engine([](const std::string&) {
    return "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n";
  });
  EngineClient client({engine.host(), {}});
  std::string got;
  bool head = false;
  HttpStreamHandler handler{.on_head = [&](std::string_view) { head = true; },
                            .on_data = [&](std::string_view bytes) { return !got.append(bytes).empty(); }};
  ASSERT_TRUE(client.Stream({.endpoint = Endpoint::Events}, handler));
  EXPECT_EQ(got, "onetwo");
  EXPECT_TRUE(head);
  handler.on_data = [](std::string_view) { return false; };
  EXPECT_TRUE(client.Stream({.endpoint = Endpoint::Events}, handler));
}

TEST(EngineClientTest, AStreamThatIsRefusedIsAnErrorWithTheEnginesWord) {
  ScriptedEngine engine([](const std::string&) { return Answer(500, R"({"message":"no"})"); });
  EngineClient client({engine.host(), {}});
  bool touched = false;
  HttpStreamHandler handler{.on_head = [&](std::string_view) { touched = true; },
                            .on_data = [&](std::string_view) { return touched = true; }};
  auto done = client.Stream({.endpoint = Endpoint::Events, .object = "x"}, handler);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "follow events x: no");
  EXPECT_FALSE(touched);
}

TEST(EngineClientTest, FiltersAreJson) {
  EXPECT_EQ(FiltersJson({{"label", {"a=b"}}, {"type", {"x", "y"}}}), R"({"label":["a=b"],"type":["x","y"]})");
}

}  // namespace
}  // namespace tinyforge::docker
