#include "controller/probe/probe_transfer.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tinyforge::probe {
namespace {

ProbeOutcome Tcp(const TransferEnd& end) {
  return Judge({.container = "c1", .address = "10.1.0.2", .check = {.tcp = v1::TcpProbe{.port = 5432}}}, end);
}

ProbeOutcome Http(const TransferEnd& end) {
  return Judge(
      {.container = "c1", .address = "10.1.0.2", .check = {.http = v1::HttpProbe{.path = "/healthz", .port = 8080}}},
      end);
}

ProbeOutcome HttpStatus(int status) {
  return Http({.connected = true, .head_read = true, .status = status});
}

TEST(JudgeTest, StatusesFrom200To399AreSuccess) {
  EXPECT_EQ(HttpStatus(200), ProbeOutcome{});
  EXPECT_EQ(HttpStatus(399), ProbeOutcome{});
  EXPECT_EQ(HttpStatus(199).verdict, Verdict::Failure);
  EXPECT_EQ(HttpStatus(400).verdict, Verdict::Failure);
  EXPECT_EQ(HttpStatus(503), (ProbeOutcome{Verdict::Failure, "GET http://10.1.0.2:8080/healthz: status 503"}));
}

TEST(JudgeTest, ARefusalIsTheContainers) {
  EXPECT_EQ(Tcp({.code = CURLE_COULDNT_CONNECT, .os_error = ECONNREFUSED}),
            (ProbeOutcome{Verdict::Failure, "connect to 10.1.0.2:5432: connection refused"}));
  EXPECT_EQ(Http({.code = CURLE_COULDNT_CONNECT, .os_error = ECONNREFUSED}),
            (ProbeOutcome{Verdict::Failure, "GET http://10.1.0.2:8080/healthz: connection refused"}));
}

TEST(JudgeTest, WhatStandsInTheWayOfAConnectIsNotTheContainers) {
  for (int number : {ENETUNREACH, EHOSTUNREACH, EACCES, EPERM, ETIMEDOUT, EMFILE, EADDRNOTAVAIL}) {
    EXPECT_EQ(Tcp({.code = CURLE_COULDNT_CONNECT, .os_error = number}).verdict, Verdict::Unreachable) << number;
  }
  EXPECT_EQ(Tcp({.code = CURLE_COULDNT_CONNECT, .os_error = EHOSTUNREACH}).message,
            "connect to 10.1.0.2:5432: no route to host");
}

TEST(JudgeTest, ATimeoutBeforeTheConnectionIsUnreachableAndAfterItAFailure) {
  EXPECT_EQ(Http({.code = CURLE_OPERATION_TIMEDOUT}),
            (ProbeOutcome{Verdict::Unreachable, "GET http://10.1.0.2:8080/healthz: no connection within 5s"}));
  EXPECT_EQ(Http({.code = CURLE_OPERATION_TIMEDOUT, .connected = true}),
            (ProbeOutcome{Verdict::Failure, "GET http://10.1.0.2:8080/healthz: no answer within 5s"}));
}

TEST(JudgeTest, ABrokenConnectionIsAFailure) {
  EXPECT_EQ(Http({.code = CURLE_RECV_ERROR, .os_error = ECONNRESET, .connected = true}),
            (ProbeOutcome{Verdict::Failure, "GET http://10.1.0.2:8080/healthz: connection reset by peer"}));
}

TEST(JudgeTest, AnAnswerThatIsCutByUsCountsByItsStatus) {
  const TransferEnd cut{
      .code = CURLE_WRITE_ERROR, .connected = true, .head_read = true, .status = 200, .body_cut = true};
  EXPECT_EQ(Http(cut), ProbeOutcome{});
}

TEST(JudgeTest, AnAddressThatIsNoneIsUnreachable) {
  const ProbeTarget target{.container = "c1", .address = "localhost", .check = {.tcp = v1::TcpProbe{.port = 80}}};
  EXPECT_EQ(Judge(target, {.code = CURLE_URL_MALFORMAT}),
            (ProbeOutcome{Verdict::Unreachable, "connect to localhost:80: not an IPv4 address"}));
}

}  // namespace
}  // namespace tinyforge::probe
