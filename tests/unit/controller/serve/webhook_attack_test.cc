// What strangers do to a public listener. By the numbers of the project's list of attacks on webhook front ends:
//
//   T1  endless bodies                    here: AnEndlessBody…
//   T2  payloads of any shape             the tests of reconcilers/inbound
//   T3  what is poison and stays          trigger_service_test.cc: APoison…; e2e/trigger_webhook_test.py
//   T4  empty and short secrets           webhook_signature_test.cc
//   T5  comparing in constant time        webhook_signature_test.cc
//   T6  calls of strangers, payloads      trigger/hook_attack_test.cc: WithoutItsSecret…, APayloadSelectsNo…
//       that choose their own target
//   T7  names as patterns                 trigger/hook_attack_test.cc: NamesOfAPayload…
//   T8  secrets and vendors crossed       trigger/hook_attack_test.cc: ASecretFires…, APayloadIsReadAs…
//   T9  the secret in the path            webhook_guard_test.cc: TheSecretIsInNoLogNoMetricAndNoAnswer
//   T10 washing out the rate limiter      webhook_guard_test.cc, rate_limiter_test.cc: AMillionOther…, ASprayOfKeys…
//   T11 many at once                      here: SixtyFourSendersAtOnce…, under TSan
//   T12 chunked bodies                    here: Chunk…, AMillionChunksOfOneByte…
//   T13 request smuggling                 http_limits_test.cc: AmbiguousOrBrokenFraming…; here: Smuggled…, Trailer…;
//                                         behind nginx and haproxy: tests/e2e/webhook_proxy_test.py
//   T14 compressed bodies                 here: CompressedBodies…
//   T15 splitting of answers              here: NoByteOfTheRequest…
//   T16 X-Forwarded-For                   ip_address_test.cc; webhook_guard_test.cc: ForwardedFor…, ATrustedProxy…
//   T17 paths and forms                   webhook_test.cc: WhatIsNotServed…; here: FormsAreBytes…
//   T18 slow clients                      here: Slow…, Idle…
//   T19 series of metrics                 webhook_guard_test.cc: NoRequestMakesASeries
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "tests/unit/controller/serve/temp_dir.h"
#include "tests/unit/controller/serve/webhook_fixture.h"

namespace tinyforge::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr std::size_t kPlenty = 64u << 20;  // far more than any socket buffers

std::string PostHead(const std::string& fields, const std::string& secret = kSecret) {
  return "POST " + kPath + secret + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

std::size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

class WebhookAttackTest : public WebhookTest {
 protected:
  // How much of an endless stream the server takes before it ends the connection.
  static std::size_t Stream(RawClient& client, const std::string& piece) {
    std::size_t sent = 0;
    while (sent < kPlenty && client.Send(piece)) sent += piece.size();
    return sent;
  }
};

TEST_F(WebhookAttackTest, AnEndlessBodyIsReadNoFurtherThanItsLimit) {
  Start();
  std::size_t before = 0;
  const std::string chunk = "10000\r\n" + std::string(1 << 16, ' ') + "\r\n";
  const std::string plain(1 << 16, ' ');
  // What the first round makes the allocator keep does not count.
  for (const int round : {1, 2, 3}) {
    if (round == 2) before = ResidentBytes();
    for (const std::string& secret : {kSecret, std::string("another-secret-of-nobody")}) {
      for (const auto& [fields, piece] :
           {std::pair(std::string("Content-Length: 17179869184\r\n"), plain),
            std::pair(std::string("Transfer-Encoding: chunked\r\n"), chunk),
            std::pair(std::string("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"), chunk),
            std::pair(std::string(), plain)}) {
        RawClient client = Connect();
        client.Send(PostHead(fields, secret));
        EXPECT_LT(Stream(client, piece), kPlenty / 4) << fields;
      }
    }
  }
  EXPECT_LT(ResidentBytes(), before + (kSanitized ? 1u << 30 : 2u << 20));
  EXPECT_EQ(StatusOf(Post("{}")), "202");
  for (const std::string& line : log_.lines()) EXPECT_LT(line.size(), 200u);
}

TEST_F(WebhookAttackTest, NoBodyIsReadForASecretThatNobodyKnows) {
  Start();
  RawClient client = Connect();
  client.Send(PostHead("Content-Length: 1000\r\n", "another-secret-of-nobody"));
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 404 ")) << "before a byte of it came";
}

TEST_F(WebhookAttackTest, ChunkSizesAreHexDigitsAndNothingElse) {
  Start();
  const auto chunked = [this](const std::string& body) {
    return StatusOf(PostHead("Transfer-Encoding: chunked\r\n") + body);
  };
  EXPECT_EQ(chunked("2\r\n{}\r\n0\r\n\r\n"), "202");
  EXPECT_EQ(chunked("0000000000000002\r\n{}\r\n0\r\n\r\n"), "202");
  for (const char* size : {"-2", "+2", " 2", "0x2", "2g", "", "fffffffffffffffff", "10000000000000002", "2 2", "２"}) {
    const std::string status = chunked(size + std::string("\r\n{}\r\n0\r\n\r\n"));
    EXPECT_TRUE(status == "400" || status == "413" || status == "closed") << status << " for " << size;
  }
  EXPECT_EQ(chunked("fffffffffffffffe\r\n{}"), "413");
  EXPECT_EQ(chunked("2\n{}\n0\n\n"), "closed") << "waits for the end of the line";
  EXPECT_EQ(chunked("2\r\n{}xx0\r\n\r\n"), "400");
}

TEST_F(WebhookAttackTest, ChunkExtensionsAreShort) {
  Start();
  const auto with_extension = [this](std::size_t size) {
    return StatusOf(PostHead("Transfer-Encoding: chunked\r\n") + "2;x=" + std::string(size, 'y') +
                    "\r\n{}\r\n0\r\n\r\n");
  };
  EXPECT_EQ(with_extension(200), "202");
  EXPECT_EQ(with_extension(300), "400");
  RawClient endless = Connect();
  endless.Send(PostHead("Transfer-Encoding: chunked\r\n") + "2;x=");
  EXPECT_LT(Stream(endless, std::string(1 << 16, 'y')), kPlenty / 4);
  RawClient patient = Connect();
  patient.Send(PostHead("Transfer-Encoding: chunked\r\n") + "2;x=" + std::string(100'000, 'y'));
  EXPECT_THAT(patient.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(WebhookAttackTest, AMillionChunksOfOneByteAreReadQuickly) {
  Start();
  std::string bytes = PostHead("Transfer-Encoding: chunked\r\n");
  for (int i = 0; i < 1'000'000; ++i) bytes += "1\r\n \r\n";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(StatusOf(bytes + "0\r\n\r\n"), "202");
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(kSanitized ? 60 : 5));
  EXPECT_EQ(backend_.calls().back().body, std::string(1'000'000, ' '));
}

TEST_F(WebhookAttackTest, TrailersAreDropped) {
  Start();
  EXPECT_EQ(StatusOf(PostHead("Transfer-Encoding: chunked\r\nTrailer: X-GitHub-Event\r\n") +
                     "2\r\n{}\r\n0\r\nX-GitHub-Event: smuggled\r\n\r\n"),
            "202");
  EXPECT_EQ(backend_.calls().back().event, "");
}

// Two requests, or one and a refusal; never the hidden one.
TEST_F(WebhookAttackTest, SmuggledRequestsAreNotSeen) {
  backend_.Know("smuggled-secret-of-somebody");
  Start();
  const std::string hidden = PostHead("Content-Length: 0\r\n", "smuggled-secret-of-somebody");
  const std::string length = "Content-Length: " + std::to_string(hidden.size()) + "\r\n";
  for (const std::string& bytes :
       {PostHead(length + "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n" + hidden,
        PostHead("Transfer-Encoding: chunked\r\n" + length) + "0\r\n\r\n" + hidden,
        PostHead(length + "Content-Length: 0\r\n") + hidden, PostHead("Content-Length: 0\r\n" + length) + hidden,
        PostHead("Content-Length: 0, " + std::to_string(hidden.size()) + "\r\n") + hidden,
        PostHead("Transfer-Encoding: xchunked\r\n" + length) + hidden,
        PostHead("Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n" + hidden,
        PostHead("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n" + hidden,
        PostHead("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n") + "0\r\n\r\n" + hidden,
        PostHead("Transfer-Encoding:\r\n" + length) + hidden,
        PostHead("Transfer-Encoding:\x0b"
                 "chunked\r\n" +
                 length) +
            hidden,
        PostHead("Transfer-Encoding : chunked\r\n" + length) + hidden,
        PostHead("X: y\nTransfer-Encoding: chunked\r\n" + length) + hidden, PostHead(length) + hidden}) {
    Answer(bytes);
    for (const auto& call : backend_.calls()) EXPECT_EQ(call.secret, kSecret) << bytes;
  }
}

TEST_F(WebhookAttackTest, CompressedBodiesAreNotUnpacked) {
  Start();
  for (const char* coding : {"gzip", "br", "deflate", "zstd", "identity", "gzip, gzip", ""})
    EXPECT_EQ(StatusOf(Post("{}", std::string("Content-Encoding: ") + coding + "\r\n")), "415") << coding;
  EXPECT_EQ(StatusOf(PostHead("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n"), "501");
}

TEST_F(WebhookAttackTest, NoByteOfTheRequestIsInAnAnswer) {
  Start();
  const std::string canary = "canary31415";
  std::mt19937 random(1);
  const std::vector<std::string> places = {
      canary + " / HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST /" + canary + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      Post("{}", "", kPath + kSecret + "?wait=" + canary),
      Post("{}", "", kPath + kSecret + "?wait=1%0d%0aSet-Cookie:%20" + canary),
      Post("{}", "Content-Type: text/" + canary + "\r\n"),
      Post("{\"" + canary + "\": \"\r\nSet-Cookie: " + canary + "\"}", "X-Request-Id: " + canary + "\r\n"),
      Post("{}", "Origin: http://" + canary + "\r\nHost: " + canary + "\r\n"),
      Post("{}", canary + "\r\n"),
      "POST " + kPath + kSecret + " HTTP/1.1\r\nHost: " + canary + "\r\nExpect: " + canary + "\r\n\r\n",
  };
  for (const std::string& bytes : places) {
    EXPECT_THAT(Answer(bytes), AllOf(StartsWith("HTTP/1.1 "), Not(HasSubstr(canary)), Not(HasSubstr("Set-Cookie"))))
        << bytes;
    for (int i = 0; i < 50; ++i) {
      std::string damaged = bytes;
      for (unsigned n = 0; n < 1 + random() % 4; ++n) damaged[random() % damaged.size()] = static_cast<char>(random());
      EXPECT_THAT(Answer(damaged), Not(HasSubstr(canary))) << damaged;
    }
  }
}

TEST_F(WebhookAttackTest, FormsAreBytesToTheListener) {
  Start();
  const std::string body("payload=%00%zz\0&&&===%", 22);
  EXPECT_EQ(StatusOf(Post(body, "Content-Type: application/x-www-form-urlencoded\r\n")), "202");
  EXPECT_EQ(backend_.calls().back().body, body);
  EXPECT_EQ(StatusOf(Post(body, "Content-Type: multipart/form-data; boundary=payload\r\n")), "415");
  EXPECT_EQ(StatusOf(Post("{}", "", kPath + "%63" + kSecret.substr(1))), "400") << "a path is not decoded";
}

TEST_F(WebhookAttackTest, ASlowHeaderOrBodyIs408) {
  limits_.header_time = limits_.body_time = milliseconds(50);
  Start();
  for (const std::string& bytes : {std::string("P"), "POST " + kPath, PostHead("Content-Length: 5\r\n") + "1234",
                                   PostHead("Transfer-Encoding: chunked\r\n") + "1\r\n"}) {
    RawClient client = Connect();
    client.Send(bytes);
    EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 408 ")) << bytes;
  }
}

// Slowness is not restarted by each byte.
TEST_F(WebhookAttackTest, ByteByByteIsTooSlowToo) {
  limits_.header_time = limits_.body_time = milliseconds(200);
  limits_.linger_time = milliseconds(100);
  Start();
  for (const std::string& start : {std::string("POST "), PostHead("Content-Length: 100000\r\n")}) {
    RawClient client = Connect();
    client.Send(start);
    const auto begin = std::chrono::steady_clock::now();
    while (client.Send("x") && std::chrono::steady_clock::now() - begin < seconds(5))
      std::this_thread::sleep_for(milliseconds(20));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(4));
    EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 408 "));
  }
}

TEST_F(WebhookAttackTest, OneSourceHasSixtyFourConnections) {
  limits_.connections = 200;
  Start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 65; ++i) {
    clients.push_back(Connect("127.0.1.1"));
    clients.back().Send(Post("{}"));
    ASSERT_THAT(clients.back().ReadAnswer(), StartsWith("HTTP/1.1 202 ")) << i;
  }
  EXPECT_TRUE(clients[0].SeesClose()) << "its own longest idle one makes room";
  clients[1].Send(Post("{}"));
  EXPECT_THAT(clients[1].ReadAnswer(), StartsWith("HTTP/1.1 202 "));
  EXPECT_EQ(StatusOf(Post("{}"), "127.0.1.2"), "202");
  EXPECT_EQ(Metric(R"(tinyforge_webhook_connections_dropped_total{reason="evicted"})"), 1);
}

TEST_F(WebhookAttackTest, ASourceWhoseConnectionsAllWaitForAnAnswerGetsNoMore) {
  options_.connections_per_source = 4;
  backend_.Say({.code = WebhookReceipt::Code::Accepted, .delivery = {.id = "d", .outcomes = {DeliveryOutcome{}}}});
  Start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(Connect());
    clients.back().Send(Post("{}", "", kPath + kSecret + "?wait=5m"));
  }
  while (backend_.waiting() != 4) std::this_thread::sleep_for(milliseconds(1));
  RawClient fifth = Connect();
  EXPECT_TRUE(fifth.SeesClose());
  EXPECT_EQ(Metric(R"(tinyforge_webhook_connections_dropped_total{reason="source_limit"})"), 1);
  EXPECT_EQ(StatusOf(Post("{}"), "127.0.1.2"), "202");
}

TEST_F(WebhookAttackTest, ATrustedProxyHasAsManyConnectionsAsItNeeds) {
  options_.trusted_proxies = *ParseNetworks("127.0.0.1");
  options_.connections_per_source = 2;
  Start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(Connect());
  for (RawClient& client : clients) {
    client.Send(Post("{}"));
    EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 202 "));
  }
}

// Who was refused and does not hang up holds no place that another needs.
TEST_F(WebhookAttackTest, RefusedConnectionsThatLingerMakeRoom) {
  limits_.connections = 2;
  limits_.linger_time = milliseconds(60'000);
  Start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(Connect());
    clients.back().Send(Post("{}", "", "/nothing"));
    EXPECT_THAT(clients.back().ReadAnswer(), StartsWith("HTTP/1.1 404 "));
  }
  EXPECT_EQ(StatusOf(Post("{}")), "202");
}

// Unfinished headers of many connections, each within its limits.
TEST_F(WebhookAttackTest, UnfinishedRequestsTogetherHoldABoundedMemory) {
  limits_.held_bytes = 1 << 20;
  options_.connections_per_source = 0;
  Start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(Connect());
    clients.back().Send("POST / HTTP/1.1\r\nX: " + std::string(60'000, 'x'));
    EXPECT_EQ(StatusOf(Post("{}")), "202") << i;
  }
  const double evicted = Metric(R"(tinyforge_webhook_connections_dropped_total{reason="evicted"})");
  EXPECT_GE(evicted, 40);
  EXPECT_TRUE(clients[0].SeesClose());
  clients.back().Send("\r\n");
  EXPECT_EQ(StatusOf(Post(std::string(500'000, ' '))), "202");
}

struct CrowdKind {
  const char* name;
  bool with_head;  // of a request with a body
  const char* bytes;
};

// Beside a thousand connections of each kind the next caller is served, and so is who asks another server of the
// process.
class WebhookCrowdTest : public WebhookAttackTest, public testing::WithParamInterface<CrowdKind> {
 protected:
  static bool RaiseDescriptorLimit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 4096;
  }
};

TEST_P(WebhookCrowdTest, HoldsUpNobodyElse) {
  if (!RaiseDescriptorLimit()) GTEST_SKIP() << "needs 4096 descriptors";
  limits_ = WebhookLimits();
  const TempDir dir;
  HttpServer local(HttpLimits{}, log_);
  auto router = std::make_shared<Router>();
  router->Add({"GET", "/hello", Lane::Pool, [](const ExchangePtr& e) { e->Send({.body = "hello"}); }});
  ASSERT_TRUE(local.ListenUnix(dir / "s", 0600, router));
  local.Start();
  Start();
  std::vector<RawClient> crowd;
  for (int i = 0; i < 1100; ++i) {
    crowd.push_back(Connect("127.0." + std::to_string(1 + i / 60) + ".1"));
    ASSERT_TRUE(crowd.back().connected());
    crowd.back().Send((GetParam().with_head ? PostHead("Content-Length: 100000\r\n") : "") + GetParam().bytes);
  }
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(StatusOf(Post("{}"), "127.0.200.1"), "202");
    RawClient tfctl(dir / "s");
    tfctl.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(tfctl.ReadAnswer(), HasSubstr("hello"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, kSanitized ? seconds(10) : seconds(4));
  }
  EXPECT_GE(Metric(R"(tinyforge_webhook_connections_dropped_total{reason="evicted"})"), 76);
}

INSTANTIATE_TEST_SUITE_P(OfClients, WebhookCrowdTest,
                         testing::Values(CrowdKind{"Idle", false, ""}, CrowdKind{"SlowHeader", false, "POST /api"},
                                         CrowdKind{"SlowBody", true, "x"}),
                         [](const auto& crowd) { return std::string(crowd.param.name); });

TEST_F(WebhookAttackTest, SixtyFourSendersAtOnceAreAllAnswered) {
  Start();
  std::atomic<int> accepted = 0;
  std::vector<std::jthread> senders;
  for (int i = 0; i < 64; ++i) {
    senders.emplace_back([&, i] {
      RawClient client = Connect("127.0.1." + std::to_string(1 + i));
      for (int n = 0; n < 20; ++n) {
        client.Send(Post("{}"));
        accepted += client.ReadAnswer().starts_with("HTTP/1.1 202 ");
      }
    });
  }
  senders.clear();
  EXPECT_EQ(accepted, 64 * 20);
  EXPECT_EQ(backend_.calls().size(), 64u * 20);
  EXPECT_EQ(Metric(R"(tinyforge_webhook_requests_total{code="202"})"), 64 * 20);
}

}  // namespace
}  // namespace tinyforge::serve
