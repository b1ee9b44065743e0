#include "controller/probe/prober.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <semaphore>
#include <stdexcept>

#include "tests/fakes/fake_logger.h"
#include "tests/unit/controller/probe/probed_server.h"

namespace tinyforge::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Then = ProbedServer::Then;

constexpr auto kSoon = seconds(20);

// Whether `holds` does before kSoon has passed.
template <typename Condition>
bool Eventually(Condition holds) {
  const auto until = std::chrono::steady_clock::now() + kSoon;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

ProbeTarget Http(std::uint16_t port, const std::string& path = "/healthz") {
  return {.container = "c1",
          .address = "127.0.0.1",
          .check = {.http = v1::HttpProbe{.path = path, .port = port}, .interval = milliseconds(20), .retries = 2}};
}

ProbeTarget Tcp(std::uint16_t port, const std::string& address = "127.0.0.1") {
  return {.container = "c1",
          .address = address,
          .check = {.tcp = v1::TcpProbe{.port = port}, .interval = milliseconds(20), .retries = 2}};
}

class ProberTest : public testing::Test {
 protected:
  ProberTest() { prober_.Start(); }

  ProbeReport Report() { return prober_.Peek("shop").at("c1"); }
  // The report once the state of the target is this one, or when that took too long.
  ProbeReport Becomes(ProbeState state) {
    Eventually([&] { return Report().state == state; });
    return Report();
  }
  ProbeReport Probed(const ProbeTarget& target, ProbeState state) {
    prober_.Watch("shop", {target});
    return Becomes(state);
  }
  // Of a server that answers so, once it is Unhealthy: the message without the URL.
  std::string Complaint(const ProbedServer::Reply& reply) {
    ProbedServer server([&](const std::string&) { return reply; });
    auto report = Probed(Http(server.port()), ProbeState::Unhealthy);
    EXPECT_EQ(report.state, ProbeState::Unhealthy);
    prober_.Watch("shop", {});
    const std::string asked = "GET http://127.0.0.1:" + std::to_string(server.port()) + "/healthz: ";
    EXPECT_THAT(report.message, StartsWith(asked));
    return report.message.substr(std::min(asked.size(), report.message.size()));
  }
  int told() { return *told_.Lock(); }

  FakeLogger log_;
  Guarded<int> told_{0};
  Prober prober_{{.enqueue =
                      [this](const ObjectKey& key) {
                        EXPECT_EQ(key, (ObjectKey{Kind::Workload, "shop"}));
                        ++*told_.Lock();
                      }},
                 log_};
};

TEST_F(ProberTest, AnHttpServerThatAnswers200IsHealthyAndTheWorkloadIsTold) {
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{HttpAnswer(200)}; });
  EXPECT_EQ(Probed(Http(server.port()), ProbeState::Healthy), ProbeReport{.state = ProbeState::Healthy});
  EXPECT_TRUE(Eventually([&] { return told() == 1; }));
  EXPECT_THAT(server.requests()[0], StartsWith("GET /healthz HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests()[0], HasSubstr("User-Agent: tinyforge-probe\r\n"));
}

TEST_F(ProberTest, ARedirectIsHealthyAndNotFollowed) {
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{HttpAnswer(302, "Location: /other\r\n")}; });
  EXPECT_EQ(Probed(Http(server.port()), ProbeState::Healthy).state, ProbeState::Healthy);
  EXPECT_TRUE(Eventually([&] { return server.requests().size() >= 3; }));
  EXPECT_THAT(server.requests(), testing::Each(StartsWith("GET /healthz ")));
}

TEST_F(ProberTest, EveryProbeHasAConnectionOfItsOwn) {
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{HttpAnswer(200), Then::Keep}; });
  prober_.Watch("shop", {Http(server.port())});
  EXPECT_TRUE(Eventually([&] { return server.requests().size() >= 3; }));
  EXPECT_GE(server.accepted(), 3);
  prober_.Watch("shop", {});
  EXPECT_TRUE(Eventually([&] { return server.open() == 0; }));
}

TEST_F(ProberTest, AProxyOfTheEnvironmentIsNotAsked) {
  ClosedPort closed;
  ASSERT_EQ(setenv("http_proxy", ("http://127.0.0.1:" + std::to_string(closed.port())).c_str(), 1), 0);
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{HttpAnswer(200)}; });
  EXPECT_EQ(Probed(Http(server.port()), ProbeState::Healthy).state, ProbeState::Healthy);
  prober_.Stop();
  unsetenv("http_proxy");
}

TEST_F(ProberTest, ASlowAnswerWithinTheTimeoutIsHealthy) {
  std::binary_semaphore go{0};
  ProbedServer server([&](const std::string&) {
    EXPECT_TRUE(go.try_acquire_for(kSoon));
    go.release();
    return ProbedServer::Reply{HttpAnswer(204)};
  });
  prober_.Watch("shop", {Http(server.port())});
  EXPECT_TRUE(Eventually([&] { return server.requests().size() == 1; }));
  EXPECT_EQ(Report().state, ProbeState::Unknown);
  go.release();
  EXPECT_EQ(Becomes(ProbeState::Healthy).state, ProbeState::Healthy);
}

TEST_F(ProberTest, AnAnswerThatNeverEndsCountsByItsStatus) {
  const std::string endless = "HTTP/1.1 200 X\r\n\r\n" + std::string(1 << 20, 'x');
  ProbedServer server([&](const std::string&) { return ProbedServer::Reply{endless, Then::Keep}; });
  EXPECT_EQ(Probed(Http(server.port()), ProbeState::Healthy).state, ProbeState::Healthy);
}

TEST_F(ProberTest, TrailersDoNotCutAnAnswerShort) {
  const std::string answer =
      "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n2\r\nok\r\n0\r\nT: 1\r\n\r\n";
  ProbedServer server([&](const std::string&) { return ProbedServer::Reply{answer, Then::Close}; });
  EXPECT_EQ(Probed(Http(server.port()), ProbeState::Healthy).state, ProbeState::Healthy);
}

TEST_F(ProberTest, AStatusOf500IsUnhealthy) {
  EXPECT_EQ(Complaint({HttpAnswer(500)}), "status 500");
}

TEST_F(ProberTest, AnAnswerThatIsNoneIsUnhealthyAndNotQuoted) {
  EXPECT_EQ(Complaint({"s3cret garbage\r\n\r\n"}), "not an HTTP answer");
  EXPECT_EQ(Complaint({""}), "closed without an answer");
  EXPECT_EQ(Complaint({"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nshort"}), "the answer was cut short");
  EXPECT_EQ(Complaint({"HTTP/1.1 200 X\r\nContent-Le"}), "the answer was cut short");
  EXPECT_EQ(Complaint({"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}), "not an HTTP answer");
}

TEST_F(ProberTest, AHeadWithoutEndIsUnhealthy) {
  std::string head = "HTTP/1.1 200 X\r\n";
  while (head.size() < (1 << 17)) head += "A: " + std::string(1000, 'x') + "\r\n";
  EXPECT_EQ(Complaint({head, Then::Keep}), "the head of the answer is larger than 64 KiB");
}

TEST_F(ProberTest, AResetIsUnhealthy) {
  EXPECT_EQ(Complaint({"", Then::Reset}), "connection reset by peer");
}

TEST_F(ProberTest, AnHttpServerThatHangsIsUnhealthyAfterItsTimeout) {
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{"", Then::Keep}; });
  auto target = Http(server.port());
  target.check.timeout = milliseconds(50);
  EXPECT_THAT(Probed(target, ProbeState::Unhealthy).message, HasSubstr("/healthz: no answer within 50ms"));
}

TEST_F(ProberTest, ATcpPortThatTakesAConnectionIsHealthyAndTheConnectionIsClosed) {
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{}; });
  EXPECT_EQ(Probed(Tcp(server.port()), ProbeState::Healthy), ProbeReport{.state = ProbeState::Healthy});
  EXPECT_TRUE(Eventually([&] { return server.accepted() >= 3; }));
  prober_.Watch("shop", {});
  EXPECT_TRUE(Eventually([&] { return server.open() == 0; }));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(ProberTest, ARefusedConnectionIsUnhealthy) {
  ClosedPort closed;
  const std::string at = "127.0.0.1:" + std::to_string(closed.port());
  EXPECT_EQ(Probed(Tcp(closed.port()), ProbeState::Unhealthy).message, "connect to " + at + ": connection refused");
  EXPECT_EQ(Probed(Http(closed.port()), ProbeState::Unhealthy).message,
            "GET http://" + at + "/healthz: connection refused");
}

TEST_F(ProberTest, AnAddressWithoutARouteIsUnreachable) {
  EXPECT_EQ(Probed(Tcp(80, "255.255.255.255"), ProbeState::Unreachable),
            (ProbeReport{ProbeState::Unreachable, "connect to 255.255.255.255:80: network is unreachable"}));
}

TEST_F(ProberTest, AConnectWithoutAnAnswerIsUnreachable) {
  SilentPort silent;
  auto target = Tcp(silent.port());
  target.check.timeout = milliseconds(50);
  EXPECT_THAT(Probed(target, ProbeState::Unreachable).message, HasSubstr(": no connection within 50ms"));
}

TEST_F(ProberTest, AnAddressThatIsANameIsNotResolved) {
  EXPECT_EQ(Probed(Tcp(80, "localhost"), ProbeState::Unreachable).message,
            "connect to localhost:80: not an IPv4 address");
}

TEST_F(ProberTest, AContainerThatBootsSlowlyIsFoundLongBeforeItsInterval) {
  std::atomic<int> asked = 0;
  ProbedServer server([&](const std::string&) { return ProbedServer::Reply{HttpAnswer(++asked < 3 ? 503 : 200)}; });
  auto target = Http(server.port());
  target.check.interval = seconds(600);
  EXPECT_EQ(Probed(target, ProbeState::Healthy).state, ProbeState::Healthy);
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(Eventually([&] { return told() == 2; }));  // the first message, and Healthy
}

TEST_F(ProberTest, FailuresWithinTheStartPeriodDoNotCount) {
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{HttpAnswer(503)}; });
  auto target = Http(server.port());
  target.check.start_period = seconds(600);
  prober_.Watch("shop", {target});
  EXPECT_TRUE(Eventually([&] { return server.requests().size() >= 5; }));
  EXPECT_EQ(Report().state, ProbeState::Unknown);
  EXPECT_THAT(Report().message, HasSubstr("status 503"));
}

TEST_F(ProberTest, WhatTurnsUnhealthyRecovers) {
  std::atomic<int> status = 200;
  ProbedServer server([&](const std::string&) { return ProbedServer::Reply{HttpAnswer(status)}; });
  EXPECT_EQ(Probed(Http(server.port()), ProbeState::Healthy).state, ProbeState::Healthy);
  status = 503;
  EXPECT_EQ(Becomes(ProbeState::Unhealthy).state, ProbeState::Unhealthy);
  status = 200;
  EXPECT_EQ(Becomes(ProbeState::Healthy), ProbeReport{.state = ProbeState::Healthy});
  EXPECT_TRUE(Eventually([&] { return told() == 3; }));
}

TEST_F(ProberTest, AReplacedTargetIsProbedAtItsNewPort) {
  ClosedPort closed;
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{HttpAnswer(200)}; });
  EXPECT_EQ(Probed(Http(closed.port()), ProbeState::Unhealthy).state, ProbeState::Unhealthy);
  EXPECT_EQ(prober_.Watch("shop", {Http(server.port())}).at("c1"), ProbeReport{});
  EXPECT_EQ(Becomes(ProbeState::Healthy).state, ProbeState::Healthy);
}

TEST_F(ProberTest, ATargetThatIsRemovedIsAbandonedInMidProbe) {
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{"", Then::Keep}; });
  auto target = Http(server.port());
  target.check.timeout = seconds(600);
  prober_.Watch("shop", {target});
  EXPECT_TRUE(Eventually([&] { return server.requests().size() == 1; }));
  EXPECT_THAT(prober_.Watch("shop", {}), IsEmpty());
  EXPECT_TRUE(Eventually([&] { return server.open() == 0; }));
  EXPECT_EQ(told(), 0);
}

TEST_F(ProberTest, StopAbortsAHangingProbe) {
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{"", Then::Keep}; });
  auto target = Http(server.port());
  target.check.timeout = seconds(600);
  prober_.Watch("shop", {target});
  EXPECT_TRUE(Eventually([&] { return server.requests().size() == 1; }));
  const auto begun = std::chrono::steady_clock::now();
  prober_.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(20));
  EXPECT_EQ(told(), 0);
}

TEST_F(ProberTest, AStopInIdlenessIsAtOnceAndNothingIsProbedAfterIt) {
  const auto begun = std::chrono::steady_clock::now();
  prober_.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(20));
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{HttpAnswer(200)}; });
  prober_.Watch("shop", {Http(server.port())});
  prober_.Stop();
  EXPECT_EQ(server.accepted(), 0);
}

TEST(ProberCapacityTest, ManyTargetsAreProbedAFewAtATime) {
  constexpr int kTargets = 200;
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{HttpAnswer(200)}; });
  FakeLogger log;
  std::counting_semaphore<> healthy{0};
  Prober prober({.enqueue = [&](const ObjectKey&) { healthy.release(); }, .max_in_flight = 16}, log);
  prober.Start();
  for (int i = 0; i < kTargets; ++i) {
    auto target = i % 2 ? Http(server.port()) : Tcp(server.port());
    target.check.interval = seconds(600);
    prober.Watch("w" + std::to_string(i), {target});
  }
  for (int i = 0; i < kTargets; ++i) ASSERT_TRUE(healthy.try_acquire_for(kSoon)) << i;
  for (int i = 0; i < kTargets; ++i) {
    EXPECT_EQ(prober.Peek("w" + std::to_string(i)).at("c1").state, ProbeState::Healthy);
  }
}

TEST(ProberCapacityTest, NoMoreConnectionsAreOpenThanAllowed) {
  ProbedServer server([](const std::string&) { return ProbedServer::Reply{"", Then::Keep}; });
  FakeLogger log;
  std::counting_semaphore<> told{0};
  Prober prober({.enqueue = [&](const ObjectKey&) { told.release(); }, .max_in_flight = 2}, log);
  auto hanging = Http(server.port());
  hanging.check.timeout = seconds(600);
  prober.Watch("a", {hanging});
  prober.Watch("b", {hanging});
  prober.Start();
  EXPECT_TRUE(Eventually([&] { return server.requests().size() == 2; }));
  ClosedPort closed;
  prober.Watch("c", {Tcp(closed.port())});
  EXPECT_FALSE(told.try_acquire());
  prober.Watch("a", {});  // frees a place
  EXPECT_TRUE(told.try_acquire_for(kSoon));
  EXPECT_THAT(prober.Peek("c").at("c1").message, HasSubstr("connection refused"));
}

TEST(ProberShieldTest, WhatACallbackThrowsIsLoggedAndProbingGoesOn) {
  std::atomic<int> status = 200;
  ProbedServer server([&](const std::string&) { return ProbedServer::Reply{HttpAnswer(status)}; });
  FakeLogger log;
  Prober prober({.enqueue = [](const ObjectKey&) { throw std::runtime_error("oops"); }}, log);
  prober.Start();
  prober.Watch("shop", {Http(server.port())});
  EXPECT_TRUE(Eventually([&] { return prober.Peek("shop").at("c1").state == ProbeState::Healthy; }));
  status = 503;
  EXPECT_TRUE(Eventually([&] { return prober.Peek("shop").at("c1").state == ProbeState::Unhealthy; }));
  prober.Stop();
  EXPECT_THAT(log.lines(), Contains(HasSubstr("error=oops")));
}

}  // namespace
}  // namespace tinyforge::probe
