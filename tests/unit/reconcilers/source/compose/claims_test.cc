// What only one container can have.
#include "tests/unit/reconcilers/source/compose/decoding.h"

namespace tinyforge::compose {
namespace {

using ::testing::HasSubstr;

using ClaimsTest = Decoding;

constexpr std::string_view kNone = "(no error)";

TEST_F(ClaimsTest, AContainerIsNotCalledAsOneOfAnotherService) {
  EXPECT_THAT(FileError("services:\n  a: {image: x, container_name: shop-b-2}\n  b: {image: x, scale: 2}\n"),
              HasSubstr("compose.yaml:2:33: services.a.container_name: \"shop-b-2\" is the name of a container of "
                        "service \"b\" too"));
  EXPECT_EQ(FileError("services:\n  a: {image: x, container_name: shop-b-2}\n  b: {image: x}\n"), kNone);
  EXPECT_EQ(
      FileError("services:\n  a: {image: x, container_name: cc}\n  b: {image: x, container_name: cc, scale: 0}\n"),
      kNone);
}

TEST_F(ClaimsTest, ReplicasShareNoHostPort) {
  EXPECT_THAT(
      WebError("scale: 2\nports: [\"8080:80\"]"),
      HasSubstr("compose.yaml:5:12: services.web.ports: the service has 2 containers, and host port 8080/TCP is "
                "for one"));
  EXPECT_EQ(WebError("scale: 2\nports: [80]"), kNone);
  EXPECT_EQ(WebError("scale: 3\nports: [\"3000-3002:80\"]"), kNone);
  EXPECT_THAT(WebError("scale: 4\nports: [\"3000-3002:80\"]"),
              HasSubstr("compose.yaml:5:12: services.web.ports: the service has 4 containers, and host port "
                        "3000-3002/TCP is for 3; give a range"));
  EXPECT_EQ(WebError("scale: 1\nports: [\"8080:80\"]"), kNone);
}

TEST_F(ClaimsTest, ReplicasShareNoAddress) {
  constexpr std::string_view kFront = "networks: {front: }\n";
  for (const std::string_view address : {"ipv4_address: 10.0.0.2", "ipv6_address: \"fd00::2\"",
                                         "link_local_ips: [169.254.0.1]", "mac_address: \"02:42:ac:11:65:43\""})
    EXPECT_THAT(WebError("scale: 2\nnetworks: {front: {" + std::string(address) + "}}", kFront),
                HasSubstr("services.web.networks.front: the service has 2 containers, and an address is for one"))
        << address;
  EXPECT_THAT(WebError("scale: 2\nmac_address: \"02:42:ac:11:65:43\""),
              HasSubstr("services.web.mac_address: the service has 2 containers"));
  EXPECT_EQ(WebError("scale: 2\nnetworks: {front: {aliases: [w]}}", kFront), kNone);
}

TEST_F(ClaimsTest, AHostPortIsOfOneService) {
  const auto file = [](std::string_view a, std::string_view b) {
    return "services:\n  a: {image: x, ports: [" + std::string(a) + "]}\n  b: {image: x, ports: [" + std::string(b) +
           "]}\n";
  };
  EXPECT_THAT(FileError(file("\"8080:80\"", "\"8080:81\"")),
              HasSubstr("compose.yaml:3:24: services.b.ports: host port 8080/TCP is that of service \"a\" too"));
  EXPECT_THAT(FileError(file("\"127.0.0.1:8080:80\"", "\"0.0.0.0:8080:81\"")),
              HasSubstr("host port 0.0.0.0:8080/TCP is that of service \"a\" too"));
  EXPECT_THAT(FileError(file("\"8080:80\"", "\"127.0.0.1:8080:81\"")), HasSubstr("is that of service"));
  EXPECT_EQ(FileError(file("\"127.0.0.1:8080:80\"", "\"127.0.0.2:8080:81\"")), kNone);
  EXPECT_EQ(FileError(file("\"8080:80\"", "\"8080:81/udp\"")), kNone);
  EXPECT_EQ(FileError(file("80", "80")), kNone);
  EXPECT_THAT(FileError(file("\"8080-8082:80\"", "\"8080:80\"")), HasSubstr("host port 8080/TCP is that of service"));
  EXPECT_EQ(FileError(file("\"8080-8082:80\"", "\"8081:80\"")), kNone) << "it is for a second replica";
  EXPECT_THAT(FileError(file("\"8080:80\", \"8080:81\"", "")), HasSubstr("host port 8080/TCP is given twice"));
}

TEST_F(ClaimsTest, AnAddressIsOfOneService) {
  const auto file = [](std::string_view network) {
    return "services:\n  a: {image: x, networks: {n: {ipv6_address: \"fd00::2\"}}}\n  b: {image: x, networks: {" +
           std::string(network) + ": {ipv6_address: \"FD00::0:2\"}}}\nnetworks: {n: , m: }\n";
  };
  EXPECT_THAT(FileError(file("n")), HasSubstr("services.b.networks.n: fd00::2 is the address of service \"a\" too"));
  EXPECT_EQ(FileError(file("m")), kNone);
}

TEST_F(ClaimsTest, ALinkMeansOneServiceToAll) {
  const auto file = [](std::string_view first, std::string_view second, std::string_view network = "default") {
    return "services:\n  db1: {image: x}\n  db2: {image: x, networks: [" + std::string(network) +
           "]}\n  app1: {image: x, links: [\"" + std::string(first) + "\"]}\n  app2: {image: x, links: [\"" +
           std::string(second) + "\"]}\nnetworks: {other: }\n";
  };
  EXPECT_THAT(FileError(file("db1:db", "db2:db")),
              HasSubstr("compose.yaml:5:27: services.app2.links: \"db\" would mean both \"db1\" and \"db2\""));
  EXPECT_THAT(FileError(file("db1:db2", "db2")), HasSubstr("services.app1.links: \"db2\" would mean both"));
  EXPECT_EQ(FileError(file("db1:db", "db1:db")), kNone);
  EXPECT_EQ(FileError(file("db1:db", "db2:db", "other")), kNone) << "nobody finds both";
}

TEST_F(ClaimsTest, TheNetworkOfAllWorkloadsIsNotOfAProject) {
  EXPECT_THAT(WebError("networks: [n]", "networks:\n  n: {name: tinyforge}\n"),
              HasSubstr("compose.yaml:6:13: networks.n.name: \"tinyforge\" is the controller's own network"));
  EXPECT_EQ(WebError("networks: [n]", "networks:\n  n: {name: tinyforge, external: true}\n"), kNone);
}

TEST_F(ClaimsTest, ANameOfAServiceFitsBesideThatOfItsWorkload) {
  EXPECT_EQ(FileError("services: {" + std::string(64, 'a') + ": {image: x}}\n"), kNone);
  EXPECT_THAT(FileError("services: {" + std::string(65, 'a') + ": {image: x}}\n"),
              HasSubstr("expected a name of letters, digits, _ . and -, of at most 64"));
}

}  // namespace
}  // namespace tinyforge::compose
