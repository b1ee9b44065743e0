// The listener through TLS.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "controller/serve/tls_context.h"
#include "tests/unit/controller/serve/temp_dir.h"
#include "tests/unit/controller/serve/tls_client.h"
#include "tests/unit/controller/serve/webhook_fixture.h"

namespace tinyforge::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class TlsTest : public WebhookTest {
 protected:
  TlsTest() {
    std::signal(SIGPIPE, SIG_IGN);  // the client's sockets
    WriteCertificate("first.example.com", Certificate(), Key());
  }

  std::string Certificate() const { return dir_ / "cert.pem"; }
  std::string Key() const { return dir_ / "key.pem"; }
  TlsFiles Files() const { return {Certificate(), Key()}; }

  void StartTls() {
    auto context = TlsContext::Load(Files(), clock_, log_);
    ASSERT_TRUE(context) << context.error().message;
    options_.tls = std::move(*context);
    Start();
  }
  std::string ErrorOf(const TlsFiles& files) {
    const auto context = TlsContext::Load(files, clock_, log_);
    EXPECT_FALSE(context);
    return context ? "" : context.error().message;
  }
  static std::string Closing(const std::string& body) { return Post(body, "Connection: close\r\n"); }

  TempDir dir_;
};

TEST_F(TlsTest, ServesRequestsAndEndsInOrder) {
  StartTls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port_, {.highest_version = version});
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(SSL_version(client.ssl()), version);
    EXPECT_EQ(client.Name(), "first.example.com");
    client.Send(Post("{}") + Closing("[]"));
    const std::string answers = client.ReadAll();
    EXPECT_EQ(answers.find("HTTP/1.1 202"), 0u);
    EXPECT_NE(answers.rfind("HTTP/1.1 202"), 0u) << "the second one";
    EXPECT_TRUE(client.clean);
  }
  EXPECT_EQ(backend_.calls().size(), 4u);
  EXPECT_EQ(backend_.calls().back().source, "127.0.0.1");
}

TEST_F(TlsTest, BodiesOfManyRecordsAndBytesAloneArrive) {
  StartTls();
  TlsClient client(port_);
  const std::string body(1'000'000, 'b');
  ASSERT_TRUE(client.Send(Post(body)));
  for (const char c : Closing("{}")) ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 202 "));
  ASSERT_EQ(backend_.calls().size(), 2u);
  EXPECT_EQ(backend_.calls().front().body, body);
}

TEST_F(TlsTest, LongAnswersReachASlowReader) {
  auto router = std::make_shared<Router>();
  router->Add(
      {"GET", "/long", Lane::Pool, [](const ExchangePtr& e) { e->Send({.body = std::string(8u << 20, 'x')}); }});
  HttpServer server(HttpLimits{}, log_);
  const auto bound = server.ListenTcp("127.0.0.1:0", router, {.tls = *TlsContext::Load(Files(), clock_, log_)});
  ASSERT_TRUE(bound);
  server.Start();
  TlsClient client(static_cast<std::uint16_t>(std::stoi(bound->substr(bound->rfind(':') + 1))));
  client.Send("GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(100));
  const std::string answer = client.ReadAll();
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 8u << 20);
  EXPECT_TRUE(client.clean);
}

TEST_F(TlsTest, WhoAsksForHandshakesTooOftenGetsNone) {
  options_.handshakes = {.per_second = 0.001, .burst = 2};
  StartTls();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(TlsClient(port_).connected()) << i;
  EXPECT_FALSE(TlsClient(port_).connected());
  EXPECT_EQ(Metric(R"(tinyforge_webhook_connections_dropped_total{reason="source_limit"})"), 1);
  RawClient other = Connect("127.0.0.2");
  other.Send(Post("{}"));
  EXPECT_THAT(other.ReadAll(), HasSubstr("TlsRequired")) << "another one is let in";
}

TEST_F(TlsTest, OldVersionsAndCiphersAreRefused) {
  StartTls();
  EXPECT_FALSE(TlsClient(port_, {.highest_version = TLS1_1_VERSION}).connected());
  for (const char* cipher : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "NULL"})
    EXPECT_FALSE(TlsClient(port_, {.highest_version = TLS1_2_VERSION, .ciphers = cipher}).connected()) << cipher;
  for (const char* cipher : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"})
    EXPECT_TRUE(TlsClient(port_, {.highest_version = TLS1_2_VERSION, .ciphers = cipher}).connected()) << cipher;
}

TEST_F(TlsTest, TheProtocolIsHttp11) {
  StartTls();
  TlsClient both(port_, {.alpn = std::string("\x02h2\x08http/1.1", 12)});
  ASSERT_TRUE(both.connected());
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.ssl(), &protocol, &size);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(protocol), size), "http/1.1");
  EXPECT_TRUE(TlsClient(port_, {.alpn = ""}).connected());
  EXPECT_FALSE(TlsClient(port_, {.alpn = std::string("\x02h2", 3)}).connected());
}

TEST_F(TlsTest, NothingIsResumedOrRenegotiated) {
  StartTls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port_, {.highest_version = version});
    client.Send(Closing("{}"));
    client.ReadAll();
    EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get0_session(client.ssl())), 0) << version;
  }
  TlsClient client(port_, {.highest_version = TLS1_2_VERSION});
  ASSERT_TRUE(client.connected());
  SSL_renegotiate(client.ssl());
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST_F(TlsTest, WhoSpeaksPlainHttpIsToldSo) {
  StartTls();
  EXPECT_THAT(Answer(Post("{}")), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr(R"("reason":"TlsRequired")"),
                                        HasSubstr("Connection: close")));
  EXPECT_TRUE(backend_.calls().empty());
}

TEST_F(TlsTest, GarbageAndHalfHandshakesAreClosed) {
  limits_.header_time = milliseconds(50);
  StartTls();
  RawClient garbage = Connect();
  garbage.Send(std::string(100, '\x01'));
  EXPECT_TRUE(garbage.SeesClose());
  for (const std::string& start :
       {std::string(), std::string("\x16"), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)}) {
    RawClient stalled = Connect();
    stalled.Send(start);
    EXPECT_TRUE(stalled.SeesClose());
  }
  EXPECT_EQ(Metric(R"(tinyforge_webhook_connections_dropped_total{reason="handshake"})"), 4);
  EXPECT_TRUE(TlsClient(port_).connected());
}

// The client goes away in the middle of everything.
TEST_F(TlsTest, ClientsThatVanishLeaveNothingBehind) {
  StartTls();
  for (int i = 0; i < 50; ++i) {
    TlsClient client(port_);
    client.Send(i % 2 == 0 ? Post("{}") : Post("{}").substr(0, 20));
    SSL_set_quiet_shutdown(client.ssl(), 1);
  }
  TlsClient last(port_);
  last.Send(Closing("{}"));
  EXPECT_THAT(last.ReadAll(), StartsWith("HTTP/1.1 202 "));
}

TEST_F(TlsTest, ANewCertificateIsTakenWithinAMinuteAndABrokenOneIsNot) {
  StartTls();
  EXPECT_EQ(TlsClient(port_).Name(), "first.example.com");
  WriteCertificate("second.example.com", Certificate(), Key());
  EXPECT_EQ(TlsClient(port_).Name(), "first.example.com") << "it looks once a minute";
  clock_.Advance(seconds(61));
  EXPECT_EQ(TlsClient(port_).Name(), "second.example.com");
  WriteCertificate("third.example.com", Certificate(), dir_ / "other.pem");
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(seconds(61));
    EXPECT_EQ(TlsClient(port_).Name(), "second.example.com") << "its key is not there yet";
  }
  std::filesystem::rename(dir_ / "other.pem", Key());
  clock_.Advance(seconds(61));
  EXPECT_EQ(TlsClient(port_).Name(), "third.example.com");
  EXPECT_THAT(log_.lines(), ElementsAre(StartsWith("I a new TLS certificate is in use"),
                                        StartsWith("W the new TLS certificate is not taken"),
                                        StartsWith("I a new TLS certificate is in use")));
}

TEST_F(TlsTest, ADeletedCertificateStaysInUse) {
  StartTls();
  std::filesystem::remove(Certificate());
  clock_.Advance(seconds(61));
  EXPECT_EQ(TlsClient(port_).Name(), "first.example.com");
}

TEST_F(TlsTest, FilesThatDoNotWorkAreNamed) {
  const TlsFiles good = Files();
  EXPECT_THAT(ErrorOf({dir_ / "none", good.key}), StartsWith(dir_ / "none: expected a PEM file"));
  EXPECT_THAT(ErrorOf({good.certificate, dir_ / "none"}), StartsWith(dir_ / "none: expected a PEM file with the key"));
  EXPECT_THAT(ErrorOf({good.key, good.certificate}), StartsWith(good.key));
  std::ofstream(dir_ / "garbage") << "garbage";
  EXPECT_THAT(ErrorOf({dir_ / "garbage", good.key}), StartsWith(dir_ / "garbage"));
  WriteCertificate("x", dir_ / "other-cert", dir_ / "other-key");
  EXPECT_THAT(ErrorOf({good.certificate, dir_ / "other-key"}), AllOf(HasSubstr("other-key"), HasSubstr("mismatch")));
  WriteCertificate("x", dir_ / "locked-cert", dir_ / "locked-key", "passphrase");
  EXPECT_THAT(ErrorOf({dir_ / "locked-cert", dir_ / "locked-key"}), HasSubstr("without a passphrase"));
  EXPECT_FALSE(CheckTlsFiles({good.certificate, dir_ / "other-key"}));
  EXPECT_TRUE(CheckTlsFiles(good));
}

}  // namespace
}  // namespace tinyforge::serve
