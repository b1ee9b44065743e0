#include "controller/serve/http_server.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/unit/controller/serve/server_fixture.h"

namespace tinyforge::serve {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using HttpServerTest = ServerTest;

TEST_F(HttpServerTest, AnswersAGetWithLengthAndType) {
  Start();
  RawClient client = Connect();
  client.Send(Request("/hello"));
  const std::string answer = client.ReadAnswer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, AllOf(HasSubstr("\r\nContent-Length: 5\r\n"), HasSubstr("\r\nContent-Type: text/plain\r\n"),
                            HasSubstr("\r\n\r\nhello")));
  EXPECT_THAT(answer, Not(HasSubstr("Connection: close")));
}

TEST_F(HttpServerTest, KeepsAConnectionForManyRequests) {
  Start();
  RawClient client = Connect();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i)));
    EXPECT_THAT(client.ReadAnswer(), HasSubstr("\r\n\r\n" + std::to_string(10 + i)));
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInTheirOrder) {
  Start();
  RawClient client = Connect();
  std::string bytes;
  for (int i = 0; i < 100; ++i)
    bytes += "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n" + std::to_string(100 + i);
  client.Send(bytes);
  for (int i = 0; i < 100; ++i) ASSERT_THAT(client.ReadAnswer(), HasSubstr("\r\n\r\n" + std::to_string(100 + i)));
}

TEST_F(HttpServerTest, ReadsARequestThatComesByteByByte) {
  Start();
  RawClient client = Connect();
  for (const char c : std::string(
           "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) {
    ASSERT_TRUE(client.Send({&c, 1}));
  }
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("\r\n\r\nabcde"));
}

TEST_F(HttpServerTest, HeadHasTheLengthButNoBody) {
  Start();
  RawClient client = Connect();
  client.Send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n" + Request("/healthz"));
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("Content-Length: 5"));
  EXPECT_THAT(client.ReadAnswer(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\r\n\r\nok")));
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedToStay) {
  Start();
  RawClient client = Connect();
  client.Send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), AllOf(HasSubstr("Connection: close"), HasSubstr("\r\n\r\nhello")));
}

TEST_F(HttpServerTest, ConnectionCloseEndsTheConnection) {
  Start();
  RawClient client = Connect();
  client.Send(Request("/hello", "Connection: close\r\n"));
  EXPECT_TRUE(client.SeesClose());
}

TEST_F(HttpServerTest, AnswersAClientThatClosedItsSendingSide) {
  Start();
  EXPECT_THAT(Answer(Request("/hello")), HasSubstr("\r\n\r\nhello"));
}

TEST_F(HttpServerTest, UnknownPathsAndMethodsSayWhatIsKnown) {
  Start();
  EXPECT_THAT(Answer(Request("/nothing")), AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr(R"("reason":"NotFound")")));
  EXPECT_THAT(Answer("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n"), HasSubstr("MethodNotAllowed")));
}

TEST_F(HttpServerTest, SocketFileHasTheModeAskedForWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  Start();
  ::umask(before);
  struct stat info {};
  ASSERT_EQ(::stat(Socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
}

TEST_F(HttpServerTest, StopRemovesTheSocketFile) {
  Start();
  server_->Stop();
  EXPECT_FALSE(std::filesystem::exists(Socket()));
}

TEST_F(HttpServerTest, ReplacesASocketThatNobodyServes) {
  const int left_behind = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  Socket().copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(left_behind, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(left_behind);
  Start();
  EXPECT_THAT(Answer(Request("/hello")), HasSubstr("hello"));
}

TEST_F(HttpServerTest, LeavesASocketThatIsServedToItsOwner) {
  Start();
  HttpServer second(limits_, log_);
  const auto listened = second.ListenUnix(Socket(), 0660, router_);
  ASSERT_FALSE(listened);
  EXPECT_EQ(listened.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(Answer(Request("/hello")), HasSubstr("hello"));
}

TEST_F(HttpServerTest, LeavesAFileThatIsNoSocket) {
  std::ofstream(Socket()) << "precious";
  HttpServer server(limits_, log_);
  const auto listened = server.ListenUnix(Socket(), 0660, router_);
  ASSERT_FALSE(listened);
  EXPECT_EQ(listened.error().kind, ErrorKind::Invalid);
  EXPECT_TRUE(std::filesystem::is_regular_file(Socket()));
}

TEST_F(HttpServerTest, ASlowHandlerHoldsUpNeitherHealthNorOtherConnections) {
  std::binary_semaphore release(0);
  Route("GET", "/slow", Lane::Pool, [&release](const ExchangePtr& e) {
    release.acquire();
    release.release();
    e->Send({.body = "slow"});
  });
  Start();
  std::vector<RawClient> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(Connect());
    waiting.back().Send(Request("/slow"));
  }
  EXPECT_THAT(Answer(Request("/healthz")), HasSubstr("\r\n\r\nok"));
  release.release();
  for (auto& client : waiting) EXPECT_THAT(client.ReadAnswer(), HasSubstr("slow"));
}

TEST_F(HttpServerTest, OwnThreadsAreBounded) {
  limits_.own_threads = 2;
  std::counting_semaphore<8> entered(0);
  std::binary_semaphore release(0);
  Route("GET", "/long", Lane::Own, [&](const ExchangePtr& e) {
    entered.release();
    release.acquire();
    release.release();
    e->Send({.body = "done"});
  });
  Start();
  RawClient first = Connect();
  RawClient second = Connect();
  first.Send(Request("/long"));
  second.Send(Request("/long"));
  entered.acquire();
  entered.acquire();
  EXPECT_THAT(Answer(Request("/long")), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("TooManyRequests")));
  release.release();
  EXPECT_THAT(first.ReadAnswer(), HasSubstr("done"));
  EXPECT_THAT(second.ReadAnswer(), HasSubstr("done"));
}

TEST_F(HttpServerTest, AHandlerThatThrowsIsA500AndNothingElse) {
  Route("GET", "/throws", Lane::Pool, [](const ExchangePtr&) { throw std::runtime_error("internal detail"); });
  Start();
  const std::string answer = Answer(Request("/throws"));
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("internal detail"))));
  EXPECT_THAT(Answer(Request("/hello")), HasSubstr("hello"));
}

TEST_F(HttpServerTest, AHandlerThatForgetsToAnswerIsA500) {
  Route("GET", "/forgets", Lane::Pool, [](const ExchangePtr&) {});
  Start();
  EXPECT_THAT(Answer(Request("/forgets")), StartsWith("HTTP/1.1 500 "));
}

TEST_F(HttpServerTest, ServesManyConnectionsAtOnce) {
  Start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(Connect());
  for (auto& client : clients) ASSERT_TRUE(client.Send(Request("/hello")));
  for (auto& client : clients) ASSERT_THAT(client.ReadAnswer(), HasSubstr("hello"));
}

TEST_F(HttpServerTest, ManyClientsAtOnceGetTheirOwnAnswers) {
  Start();
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      RawClient client = Connect();
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(1000 * t + 10000 + i);
        client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n" + body);
        if (!client.ReadAnswer().ends_with("\r\n\r\n" + body)) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

TEST_F(HttpServerTest, TcpWithATokenRefusesEverybodyElseBeforeTheBody) {
  Route("POST", "/echo", Lane::Pool, [](const ExchangePtr& e) { e->Send({.body = e->request().body}); });
  HttpServer server(limits_, log_);
  const auto address = server.ListenTcp("127.0.0.1:0", router_, {.token = "0123456789abcdef"});
  ASSERT_TRUE(address);
  server.Start();
  const auto port = static_cast<std::uint16_t>(std::stoi(address->substr(address->rfind(':') + 1)));
  const auto ask = [port](const std::string& fields) {
    RawClient client(port);
    client.Send("POST /echo HTTP/1.1\r\nHost: x\r\n" + fields + "Content-Length: 2\r\n\r\n");
    return client;
  };
  RawClient stranger = ask("");
  EXPECT_THAT(stranger.ReadAll(), AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Bearer")));
  RawClient guesser = ask("Authorization: Bearer 0123456789abcdeX\r\n");
  EXPECT_THAT(guesser.ReadAll(), StartsWith("HTTP/1.1 401 "));
  RawClient friendly = ask("Authorization: Bearer 0123456789abcdef\r\n");
  friendly.Send("hi");
  EXPECT_THAT(friendly.ReadAnswer(), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\r\n\r\nhi")));
}

TEST_F(HttpServerTest, ListenAddressesThatAreNoneAreRefused) {
  HttpServer server(limits_, log_);
  for (const char* address : {"", "9464", "127.0.0.1", "127.0.0.1:99999", "example.com:80", "[::1:80", "127.0.0.1:x"}) {
    const auto bound = server.ListenTcp(address, router_);
    ASSERT_FALSE(bound) << address;
    EXPECT_EQ(bound.error().kind, ErrorKind::Invalid) << address;
  }
}

TEST_F(HttpServerTest, TokenFilesMustHoldOneGoodToken) {
  std::ofstream(dir_ / "good") << "0123456789abcdef\n";
  std::ofstream(dir_ / "short") << "0123456789\n";
  std::ofstream(dir_ / "two") << "0123456789abcdef\n0123456789abcdef\n";
  const auto good = ReadTokenFile(dir_ / "good");
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, "0123456789abcdef");
  EXPECT_FALSE(ReadTokenFile(dir_ / "short"));
  EXPECT_FALSE(ReadTokenFile(dir_ / "two"));
  EXPECT_FALSE(ReadTokenFile(dir_ / "absent"));
}

TEST_F(HttpServerTest, StopEndsWhileClientsAreConnectedAndHandlersWait) {
  std::binary_semaphore entered(0);
  Route("GET", "/until-gone", Lane::Own, [&entered](const ExchangePtr& e) {
    std::binary_semaphore gone(0);
    const std::stop_callback on_gone(e->Gone(), [&gone] { gone.release(); });
    entered.release();
    gone.acquire();
  });
  Start();
  RawClient idle = Connect();
  RawClient busy = Connect();
  busy.Send(Request("/until-gone"));
  entered.acquire();
  server_->Stop();
  EXPECT_TRUE(idle.SeesClose());
  EXPECT_TRUE(busy.SeesClose());
}

}  // namespace
}  // namespace tinyforge::serve
