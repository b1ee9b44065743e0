#include "tests/unit/reconcilers/source/compose/decoding.h"

namespace tinyforge::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using NetworkTest = Decoding;
constexpr std::string_view kNetworks = "networks: {front: {}, back: }\n";

TEST_F(NetworkTest, WithoutNetworksAServiceIsOnTheDefaultOne) {
  auto project = Decode(Web("tty: true"));
  ASSERT_TRUE(project);
  EXPECT_THAT(project->services.at("web").networks, ElementsAre(Pair("default", ServiceNetwork{})));
  EXPECT_THAT(project->networks, ElementsAre(Pair("default", Network{.name = "shop_default"})));
}

TEST_F(NetworkTest, TheDefaultOneMayBeDeclared) {
  auto project = Decode(Web("tty: true") + "networks: {default: {external: true, name: proxy}}\n");
  ASSERT_TRUE(project);
  EXPECT_THAT(project->networks, ElementsAre(Pair("default", Network{.name = "proxy", .external = true})));
}

TEST_F(NetworkTest, ListAndMappingMeanTheSame) {
  EXPECT_EQ(WebService("networks: [front, back]", kNetworks), WebService("networks: {back: , front: {}}", kNetworks));
  EXPECT_THAT(WebService("networks: [front]", kNetworks).networks, ElementsAre(Pair("front", ServiceNetwork{})));
}

TEST_F(NetworkTest, Attachments) {
  const Service service = WebService(
      "networks: {front: {aliases: [b, a, b], ipv4_address: 10.0.0.2, ipv6_address: \"fd00::2\", link_local_ips: "
      "[169.254.0.1], mac_address: \"02:42:ac:11:65:43\", driver_opts: {a: 1}, priority: 1000}}",
      kNetworks);
  EXPECT_EQ(service.networks.at("front"), (ServiceNetwork{.aliases = {"a", "b"},
                                                          .ipv4_address = "10.0.0.2",
                                                          .ipv6_address = "fd00::2",
                                                          .link_local_ips = {"169.254.0.1"},
                                                          .mac_address = "02:42:ac:11:65:43",
                                                          .driver_opts = {{"a", "1"}},
                                                          .priority = 1000}));
}

TEST_F(NetworkTest, AddressesAreInTheFormInWhichTheEngineTellsThem) {
  const Service service = WebService(
      "mac_address: \"02-42-AC-11-65-44\"\n"
      "networks: {front: {ipv6_address: \"FD00:0::0002\", link_local_ips: [\"FE80::0:1\", 169.254.0.1], "
      "mac_address: \"02:42:AC:11:65:43\"}}",
      kNetworks);
  EXPECT_EQ(service.mac_address, "02:42:ac:11:65:44");
  EXPECT_EQ(service.networks.at("front"), (ServiceNetwork{.ipv6_address = "fd00::2",
                                                          .link_local_ips = {"fe80::1", "169.254.0.1"},
                                                          .mac_address = "02:42:ac:11:65:43"}));
}

TEST_F(NetworkTest, WhatIsNotDeclaredIsAnError) {
  EXPECT_THAT(WebError("networks: [frnt]", kNetworks),
              HasSubstr("services.web.networks.frnt: the project has no network \"frnt\"; did you mean \"front\"?"));
  EXPECT_THAT(WebError("networks: {zzzz: }", kNetworks), HasSubstr("declare it below the top-level networks"));
  EXPECT_THAT(WebError("networks: {front: {ipv4_address: 1.2.3}}", kNetworks), HasSubstr("expected an IPv4 address"));
}

TEST_F(NetworkTest, Sections) {
  auto project = Decode(Web("networks: [a]") + R"(
networks:
  unused: {}
  a:
    driver: bridge
    driver_opts: {com.docker.network.bridge.name: br1}
    internal: true
    attachable: "true"
    enable_ipv4: true
    enable_ipv6: true
    labels: [k=v]
    ipam:
      driver: default
      config: [{subnet: 172.16.238.0/24, ip_range: 172.16.238.128/25, gateway: 172.16.238.1, aux_addresses: {h: 172.16.238.5}}]
      options: {foo: bar}
)");
  ASSERT_TRUE(project) << project.error().message;
  const Network expected{.name = "shop_a",
                         .driver = "bridge",
                         .driver_opts = {{"com.docker.network.bridge.name", "br1"}},
                         .ipam = {.driver = "default",
                                  .pools = {{.subnet = "172.16.238.0/24",
                                             .ip_range = "172.16.238.128/25",
                                             .gateway = "172.16.238.1",
                                             .aux_addresses = {{"h", "172.16.238.5"}}}},
                                  .options = {{"foo", "bar"}}},
                         .internal = true,
                         .attachable = true,
                         .enable_ipv6 = true,
                         .labels = {{"k", "v"}}};
  EXPECT_THAT(project->networks, ElementsAre(Pair("a", expected)));
}

TEST_F(NetworkTest, LabelsOfTheControllerAreNobodyElses) {
  EXPECT_THAT(WebError("networks: [a]", "networks: {a: {labels: {com.docker.compose.network: b}}}\n"),
              HasSubstr("networks.a.labels: label \"com.docker.compose.network\": com.docker.compose.*"));
}

TEST_F(NetworkTest, NetworkModeTakesThePlaceOfNetworks) {
  const Service host = WebService("network_mode: host");
  EXPECT_EQ(host.network_mode, (Namespace{NamespaceKind::Host, ""}));
  EXPECT_THAT(host.networks, IsEmpty());
  EXPECT_EQ(WebService("network_mode: none").network_mode.kind, NamespaceKind::None);
  EXPECT_EQ(WebService("network_mode: bridge").network_mode.kind, NamespaceKind::Bridge);
  EXPECT_THAT(WebError("network_mode: host\nnetworks: [front]", kNetworks), HasSubstr("exclude each other"));
  EXPECT_THAT(WebError("network_mode: host\nports: [80]"), HasSubstr("no port is published with network_mode: host"));
  EXPECT_THAT(WebError("network_mode: \"container:x\""),
              HasSubstr("not supported: a container that is not of the project"));
  EXPECT_THAT(WebError("network_mode: hots"), HasSubstr("expected none, host, bridge, or service:NAME, got \"hots\""));
}

TEST_F(NetworkTest, TheNetworkOfAServiceMakesItADependency) {
  const Service service = WebService("network_mode: \"service:vpn\"", "  vpn: {image: vpn}\n");
  EXPECT_EQ(service.network_mode, (Namespace{NamespaceKind::Service, "vpn"}));
  EXPECT_THAT(service.depends_on, ElementsAre(Pair("vpn", Dependency{.restart = true})));
  EXPECT_THAT(WebError("network_mode: \"service:vpm\"", "  vpn: {image: vpn}\n"), HasSubstr("did you mean \"vpn\"?"));
}

TEST_F(NetworkTest, Links) {
  const Service service = WebService("links: [db, \"db:mysql\"]", "  db: {image: mysql}\n");
  EXPECT_THAT(service.links, ElementsAre(Link{"db", "db"}, Link{"db", "mysql"}));
  EXPECT_THAT(service.depends_on, ElementsAre(Pair("db", Dependency{.restart = true})));
  EXPECT_THAT(WebError("links: [dbb]"), HasSubstr("the project has no service \"dbb\""));
}

TEST_F(NetworkTest, ExtraHosts) {
  const auto expected = ElementsAre(ExtraHost{"a", "::1"}, ExtraHost{"b", "10.0.0.1"}, ExtraHost{"b", "10.0.0.2"},
                                    ExtraHost{"h", "host-gateway"});
  EXPECT_THAT(WebService("extra_hosts: [\"h:host-gateway\", \"a=[::1]\", \"b=10.0.0.1\", \"b:10.0.0.2\"]").extra_hosts,
              expected);
  EXPECT_THAT(WebService("extra_hosts: {h: host-gateway, a: \"::1\", b: [10.0.0.1, 10.0.0.2]}").extra_hosts, expected);
  EXPECT_THAT(WebService("extra_hosts: [\"a:::1\", \"b=10.0.0.1,10.0.0.2\", \"h=host-gateway\"]").extra_hosts,
              expected);
  EXPECT_THAT(WebError("extra_hosts: [a]"), HasSubstr("expected NAME=ADDRESS"));
}

TEST_F(NetworkTest, NameServers) {
  EXPECT_THAT(WebService("dns: 8.8.8.8\ndns_search: a.example\ndns_opt: [use-vc]").dns, ElementsAre("8.8.8.8"));
  EXPECT_THAT(WebService("dns: [8.8.8.8, \"::1\"]\ndns_search: [a, b]").dns_search, ElementsAre("a", "b"));
  EXPECT_THAT(WebError("dns: [dns.example]"), HasSubstr("expected IP addresses, got \"dns.example\""));
}

}  // namespace
}  // namespace tinyforge::compose
