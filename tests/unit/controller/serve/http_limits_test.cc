// One test for each bound and each refusal of the HTTP front.
#include <gmock/gmock.h>

#include <thread>
#include <vector>

#include "tests/unit/controller/serve/server_fixture.h"

namespace tinyforge::serve {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpLimitsTest : public ServerTest {
 protected:
  // The status code of the answer to bytes, "closed" when there was none.
  std::string StatusOf(const std::string& bytes) const {
    const std::string answer = Answer(bytes);
    return answer.starts_with("HTTP/1.1 ") ? answer.substr(9, 3) : "closed";
  }
};

TEST_F(HttpLimitsTest, HeadersUpTo64KiBAreReadAndMoreIs431) {
  Start();
  EXPECT_EQ(StatusOf(Request("/hello", "X-Fill: " + std::string(60 * 1024, 'a') + "\r\n")), "200");
  EXPECT_EQ(StatusOf(Request("/hello", "X-Fill: " + std::string(64 * 1024, 'a') + "\r\n")), "431");
}

TEST_F(HttpLimitsTest, AHeaderThatNeverEndsIs431AndReadNoFurther) {
  Start();
  RawClient client = Connect();
  const std::string piece(16 * 1024, 'a');
  client.Send("GET /hello HTTP/1.1\r\nX-Fill: ");
  std::size_t sent = 0;
  while (sent < (16u << 20) && client.Send(piece)) sent += piece.size();
  EXPECT_LT(sent, 2u << 20);
}

TEST_F(HttpLimitsTest, AHundredFieldsAreReadAndMoreIs431) {
  Start();
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X-" + std::to_string(i) + ": 1\r\n";
  EXPECT_EQ(StatusOf(Request("/hello", fields)), "200");
  EXPECT_EQ(StatusOf(Request("/hello", fields + "X-More: 1\r\n")), "431");
}

TEST_F(HttpLimitsTest, ALongTargetIs414) {
  Start();
  EXPECT_EQ(StatusOf(Request("/hello?a=" + std::string(8 * 1024, 'a'))), "414");
}

TEST_F(HttpLimitsTest, BodiesUpToTheRoutesLimitAreReadAndMoreIs413) {
  limits_.body_bytes = 1000;
  Route(
      "POST", "/large", Lane::Pool,
      [](const ExchangePtr& e) { e->Send({.body = std::to_string(e->request().body.size())}); }, 5000);
  Start();
  const auto post = [](const std::string& path, std::size_t size) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'b');
  };
  EXPECT_EQ(StatusOf(post("/echo", 1000)), "200");
  EXPECT_EQ(StatusOf(post("/echo", 1001)), "413");
  EXPECT_EQ(StatusOf(post("/large", 5000)), "200");
  EXPECT_EQ(StatusOf(post("/large", 5001)), "413");
}

TEST_F(HttpLimitsTest, ChunkedBodiesAreBoundedToo) {
  limits_.body_bytes = 1000;
  Start();
  std::string fits = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 10; ++i) fits += "64\r\n" + std::string(100, 'b') + "\r\n";
  EXPECT_EQ(StatusOf(fits + "0\r\n\r\n"), "200");
  EXPECT_EQ(StatusOf(fits + "1\r\nb\r\n0\r\n\r\n"), "413");
  EXPECT_EQ(StatusOf("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffe\r\n"),
            "413");
}

TEST_F(HttpLimitsTest, ATooLargeBodyIsRefusedBeforeItIsSent) {
  Start();
  RawClient client = Connect();
  client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 17179869184\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("Connection: close")));
}

TEST_F(HttpLimitsTest, ContinueIsSaidOnlyForABodyThatWillBeRead) {
  Start();
  RawClient welcome = Connect();
  welcome.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(welcome.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  welcome.Send("ok");
  EXPECT_THAT(welcome.ReadAnswer(), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\r\n\r\nok")));
  RawClient refused = Connect();
  refused.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(refused.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpLimitsTest, AmbiguousOrBrokenFramingIsRefused) {
  Start();
  const auto post = [](const std::string& fields, const std::string& body) {
    return "POST /echo HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
  };
  const std::vector<std::string> bad = {
      post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n"),
      post("Content-Length: 2\r\nContent-Length: 3\r\n", "abc"),
      post("Content-Length: 2\r\nContent-Length: 2\r\n", "ab"),
      post("Content-Length: 2, 2\r\n", "ab"),
      post("Content-Length: -2\r\n", "ab"),
      post("Content-Length: +2\r\n", "ab"),
      post("Content-Length: \r\n", "ab"),
      post("Content-Length: 2 2\r\n", "ab"),
      post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "-2\r\nab\r\n0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "0x2\r\nab\r\n0\r\n\r\n"),
      post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"),
      "GET /hello HTTP/1.1\nHost: x\n\n",
      "GET /hello HTTP/1.1\r\nHost : x\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
      std::string("GET /hello HTTP/1.1\r\nHost: x\r\nX: a") + '\0' + "b\r\n\r\n",
      "GET http://x/hello HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /hel%6co HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /hello#x HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /hello?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /hello HTTP/1.1\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
      "GET /hello HTTP/2.0\r\nHost: x\r\n\r\n",
      "GET /hello\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + std::string(200, '\x7f'),
      "\r\n\r\n\r\n",
  };
  for (const auto& bytes : bad) {
    const std::string status = StatusOf(bytes);
    EXPECT_TRUE(status == "400" || status == "413" || status == "501" || status == "505" || status == "closed")
        << status << " for " << bytes;
  }
  EXPECT_EQ(StatusOf(Request("/hello")), "200");
}

TEST_F(HttpLimitsTest, CompressedBodiesAre415) {
  Start();
  EXPECT_EQ(StatusOf("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab"), "415");
}

TEST_F(HttpLimitsTest, ErrorsHoldNoByteOfTheRequest) {
  Start();
  const std::string canary = "canary-2718281828";
  for (const auto& bytes :
       {Request("/" + canary), Request("/hello", canary + "\r\n"), canary + " /hello HTTP/1.1\r\nHost: x\r\n\r\n",
        Request("/hello?" + canary + "=%zz"), "GET /hello HTTP/1.1\r\nHost: x\r\nExpect: " + canary + "\r\n\r\n"}) {
    const std::string answer = Answer(bytes);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 4")) << bytes;
    EXPECT_THAT(answer, Not(HasSubstr(canary))) << bytes;
    EXPECT_THAT(answer, HasSubstr(R"({"error":{"reason":")"));
  }
}

TEST_F(HttpLimitsTest, ASlowHeaderIs408) {
  limits_.header_time = milliseconds(50);
  Start();
  RawClient client = Connect();
  client.Send("GET /hello HTTP/1.1\r\nHo");
  EXPECT_THAT(client.ReadAll(), AllOf(StartsWith("HTTP/1.1 408 "), HasSubstr("header")));
}

TEST_F(HttpLimitsTest, ASlowHeaderIs408AlsoAfterAnEarlierRequest) {
  limits_.header_time = milliseconds(50);
  Start();
  RawClient client = Connect();
  client.Send(Request("/hello") + "GET /hel");
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpLimitsTest, ASlowBodyIs408) {
  limits_.body_time = milliseconds(50);
  Start();
  RawClient client = Connect();
  client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab");
  EXPECT_THAT(client.ReadAll(), AllOf(StartsWith("HTTP/1.1 408 "), HasSubstr("body")));
}

TEST_F(HttpLimitsTest, AnIdleConnectionIsClosedWithoutAWord) {
  limits_.idle_time = milliseconds(50);
  Start();
  RawClient fresh = Connect();
  EXPECT_EQ(fresh.ReadAll(), "");
  RawClient used = Connect();
  used.Send(Request("/hello"));
  EXPECT_THAT(used.ReadAnswer(), HasSubstr("hello"));
  EXPECT_TRUE(used.SeesClose());
}

TEST_F(HttpLimitsTest, ARefusedClientThatGoesOnSendingIsCutOff) {
  limits_.linger_time = milliseconds(10'000);
  limits_.linger_bytes = 64 * 1024;
  Start();
  RawClient client = Connect();
  client.Send("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  const std::string piece(16 * 1024, 'a');
  std::size_t sent = 0;
  while (sent < (64u << 20) && client.Send(piece)) sent += piece.size();
  EXPECT_LT(sent, 4u << 20);
}

TEST_F(HttpLimitsTest, AClientThatReadsNothingIsCutOff) {
  limits_.write_time = milliseconds(50);
  Route("GET", "/huge", Lane::Pool, [](const ExchangePtr& e) { e->Send({.body = std::string(8u << 20, 'x')}); });
  Start();
  RawClient client = Connect();
  client.Send(Request("/huge"));
  RawClient other = Connect();
  other.Send(Request("/hello"));
  EXPECT_THAT(other.ReadAnswer(), HasSubstr("hello"));
  // Nothing tells when the server gives up but its closing, after which sending fails.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (client.Send("x") && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  EXPECT_LT(std::chrono::steady_clock::now(), give_up);
}

TEST_F(HttpLimitsTest, AtTheConnectionLimitTheOneIdleForLongestMakesRoom) {
  limits_.connections = 4;
  Start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(Connect());
    clients.back().Send(Request("/hello"));
    ASSERT_THAT(clients.back().ReadAnswer(), HasSubstr("hello"));
  }
  RawClient fifth = Connect();
  fifth.Send(Request("/hello"));
  EXPECT_THAT(fifth.ReadAnswer(), HasSubstr("hello"));
  EXPECT_TRUE(clients[0].SeesClose());
  clients[3].Send(Request("/hello"));
  EXPECT_THAT(clients[3].ReadAnswer(), HasSubstr("hello"));
}

TEST_F(HttpLimitsTest, BusyConnectionsAreNotClosedForANewOne) {
  limits_.connections = 2;
  std::binary_semaphore release(0);
  std::counting_semaphore<4> entered(0);
  Route("GET", "/wait", Lane::Own, [&](const ExchangePtr& e) {
    entered.release();
    release.acquire();
    release.release();
    e->Send({.body = "waited"});
  });
  Start();
  RawClient first = Connect();
  RawClient second = Connect();
  first.Send(Request("/wait"));
  second.Send(Request("/wait"));
  entered.acquire();
  entered.acquire();
  RawClient third = Connect();
  EXPECT_TRUE(third.SeesClose());
  release.release();
  EXPECT_THAT(first.ReadAnswer(), HasSubstr("waited"));
  EXPECT_THAT(second.ReadAnswer(), HasSubstr("waited"));
}

TEST_F(HttpLimitsTest, BodiesThatWaitForTheirHandlerAreBoundedTogether) {
  limits_.held_bytes = 100'000;
  std::binary_semaphore entered(0);
  std::binary_semaphore leave(0);
  Route("POST", "/slow", Lane::Pool, [&](const ExchangePtr& e) {
    entered.release();
    leave.acquire();
    e->Send({.body = "done"});
  });
  Start();
  const auto post = [](const std::string& path) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + std::string(60'000, ' ');
  };
  RawClient slow = Connect();
  slow.Send(post("/slow"));
  entered.acquire();
  EXPECT_THAT(Answer(post("/echo")),
              testing::AllOf(testing::StartsWith("HTTP/1.1 503 "), testing::HasSubstr("Retry-After: 5\r\n")));
  EXPECT_THAT(Answer(Request("/hello")), testing::StartsWith("HTTP/1.1 200 ")) << "this one holds nothing";
  leave.release();
  EXPECT_THAT(slow.ReadAnswer(), testing::HasSubstr("done"));
  std::string answer;
  for (int i = 0; i < 1000 && !answer.starts_with("HTTP/1.1 200 "); ++i) answer = Answer(post("/echo"));
  EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace tinyforge::serve
