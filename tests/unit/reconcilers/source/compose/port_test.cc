#include "tests/unit/reconcilers/source/compose/decoding.h"

namespace tinyforge::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using PortTest = Decoding;
constexpr v1::Protocol kTcp = v1::Protocol::TCP;
constexpr v1::Protocol kUdp = v1::Protocol::UDP;

TEST_F(PortTest, ShortForms) {
  EXPECT_THAT(WebService(R"(ports: ["3000"])").ports, ElementsAre(Port{3000, kTcp, 0, 0, ""}));
  EXPECT_THAT(WebService("ports: [3000]").ports, ElementsAre(Port{3000, kTcp, 0, 0, ""}));
  EXPECT_THAT(WebService(R"(ports: ["8000:80"])").ports, ElementsAre(Port{80, kTcp, 8000, 8000, ""}));
  EXPECT_THAT(WebService(R"(ports: ["127.0.0.1:8001:81"])").ports,
              ElementsAre(Port{81, kTcp, 8001, 8001, "127.0.0.1"}));
  EXPECT_THAT(WebService(R"(ports: ["127.0.0.1::81"])").ports, ElementsAre(Port{81, kTcp, 0, 0, "127.0.0.1"}));
  EXPECT_THAT(WebService(R"(ports: ["[::1]:6000:60"])").ports, ElementsAre(Port{60, kTcp, 6000, 6000, "::1"}));
  EXPECT_THAT(WebService(R"(ports: ["::1:6000:60"])").ports, ElementsAre(Port{60, kTcp, 6000, 6000, "::1"}));
  EXPECT_THAT(WebService(R"(ports: ["6060:6060/udp"])").ports, ElementsAre(Port{6060, kUdp, 6060, 6060, ""}));
}

TEST_F(PortTest, RangesAreExpandedPairwise) {
  EXPECT_THAT(WebService(R"(ports: ["9090-9091:8080-8081"])").ports,
              ElementsAre(Port{8080, kTcp, 9090, 9090, ""}, Port{8081, kTcp, 9091, 9091, ""}));
  EXPECT_THAT(WebService(R"(ports: ["3000-3001"])").ports,
              ElementsAre(Port{3000, kTcp, 0, 0, ""}, Port{3001, kTcp, 0, 0, ""}));
}

TEST_F(PortTest, ARangeOfHostPortsForOnePortStaysOne) {
  EXPECT_THAT(WebService(R"(ports: ["8000-8010:80"])").ports, ElementsAre(Port{80, kTcp, 8000, 8010, ""}));
}

TEST_F(PortTest, RangesHaveToBeOfOneLength) {
  EXPECT_EQ(WebError(R"(ports: ["9090-9092:8080-8081"])"),
            "compose.yaml:4:13: services.web.ports[0]: publishes 2 container ports on 3 host ports; expected as many");
}

TEST_F(PortTest, RangesAreBounded) {
  EXPECT_THAT(WebError(R"(ports: ["1-65535"])"), HasSubstr("publishes more than 4096 ports"));
  EXPECT_THAT(WebError(R"(expose: ["1-65535"])"), HasSubstr("exposes more than 4096 ports"));
}

TEST_F(PortTest, LongFormsMeanTheSame) {
  EXPECT_EQ(
      WebService("ports: [{target: 80, published: \"8080\", host_ip: 10.0.0.1, protocol: udp, mode: host, name: web,"
                 " app_protocol: http}]"),
      WebService(R"(ports: ["10.0.0.1:8080:80/udp"])"));
  EXPECT_EQ(WebService(R"(ports: [{target: "80", published: 8080}])"), WebService(R"(ports: ["8080:80"])"));
  EXPECT_EQ(WebService(R"(ports: [{target: 80, published: "8080-8090"}])"), WebService(R"(ports: ["8080-8090:80"])"));
  EXPECT_EQ(WebService("ports: [{target: 80}]"), WebService("ports: [80]"));
}

TEST_F(PortTest, OrderAndRepetitionMeanNothing) {
  EXPECT_EQ(WebService(R"(ports: ["81:81", "80:80", "81:81"])"), WebService(R"(ports: ["80:80", "81:81"])"));
}

TEST_F(PortTest, WhatIsNoPortIsAnError) {
  for (const char* port : {"80:", "a:80", "80:0", "80:70000", "80:80/http", "1.2.3:80:80", "5-3", ""})
    EXPECT_THAT(WebError("ports: [\"" + std::string(port) + "\"]"), HasSubstr("services.web.ports[0]: expected [[IP:]"))
        << port;
  EXPECT_THAT(WebError("ports: [{published: 80}]"), HasSubstr("needs the key \"target\""));
  EXPECT_THAT(WebError("ports: [{target: 80, protocol: http}]"), HasSubstr("expected tcp, udp or sctp"));
}

TEST_F(PortTest, Expose) {
  EXPECT_THAT(
      WebService(R"(expose: [3000, "8000", "8080-8081/udp"])").expose,
      ElementsAre(ExposedPort{3000, kTcp}, ExposedPort{8000, kTcp}, ExposedPort{8080, kUdp}, ExposedPort{8081, kUdp}));
  EXPECT_THAT(WebError(R"(expose: ["80:80"])"), HasSubstr("expected a container port"));
}

TEST_F(PortTest, AnEmptyHostPortIsAnyFreeOne) {
  EXPECT_EQ(WebService("ports: [\":80\"]").ports.front().host, 0);
  EXPECT_EQ(WebService("ports: [{target: 80, published: \"\"}]").ports.front().host, 0);
}

}  // namespace
}  // namespace tinyforge::compose
