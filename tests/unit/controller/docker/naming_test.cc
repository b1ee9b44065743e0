// Addresses, versions, references: what has a text form of its own.
#include <gmock/gmock.h>

#include "controller/docker/address_pool.h"
#include "controller/docker/api_version.h"
#include "controller/docker/http_transport.h"
#include "controller/docker/image_reference.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Ipv4Subnet Net(const char* cidr) {
  return ParseIpv4Subnet(cidr).value();
}

TEST(Ipv4SubnetTest, DividesInHalves) {
  auto subnet = Net("10.213.0.0/16");
  EXPECT_EQ(subnet.Cidr(), "10.213.0.0/16");
  EXPECT_EQ(subnet.UpperHalfCidr(), "10.213.128.0/17");
  EXPECT_EQ(ToString(subnet.gateway()), "10.213.0.1");
  EXPECT_EQ(ToString(subnet.first()), "10.213.0.2");
  EXPECT_EQ(ToString(subnet.last()), "10.213.127.255");
}

TEST(Ipv4SubnetTest, RefusesWhatIsNoSubnet) {
  for (const char* text : {"", "10.0.0.0", "10.0.0.0/7", "10.0.0.0/29", "10.0.0.1/16", "10.0.0/16", "10.0.0.0.0/16",
                           "256.0.0.0/8", "10.0.0.0/16x", "a.b.c.d/16", "10.0.0.0/", "-1.0.0.0/8"}) {
    EXPECT_FALSE(ParseIpv4Subnet(text)) << text;
  }
}

TEST(AddressPoolTest, RotatesAndSkipsWhatIsUsedOrReserved) {
  AddressPool pool(Net("10.0.0.0/28"), 0);  // .2 to .7
  SteadyTime now{};
  EXPECT_THAT(*pool.Take(2, {}, now), ElementsAre("10.0.0.2", "10.0.0.3"));
  EXPECT_THAT(*pool.Take(2, {*ParseIpv4("10.0.0.5")}, now), ElementsAre("10.0.0.4", "10.0.0.6"));
  EXPECT_THAT(*pool.Take(1, {*ParseIpv4("10.0.0.5")}, now), ElementsAre("10.0.0.7"));
  auto none = pool.Take(1, {*ParseIpv4("10.0.0.5")}, now);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::Waiting);
  EXPECT_THAT(*pool.Take(1, {}, now + std::chrono::minutes(1)), ElementsAre("10.0.0.5"));
  EXPECT_THAT(*pool.Take(1, {*ParseIpv4("10.0.0.6")}, now + std::chrono::minutes(2)), ElementsAre("10.0.0.7"));
}

TEST(AddressPoolTest, ARefusalReservesNothing) {
  AddressPool pool(Net("10.0.0.0/28"), 0);
  EXPECT_FALSE(pool.Take(7, {}, {}));
  EXPECT_TRUE(pool.Take(6, {}, {}));
}

TEST(AddressPoolTest, TheSeedMovesTheStartWithinTheHalf) {
  for (std::uint64_t seed : {0ull, 5ull, 6ull, 123456789ull, ~0ull}) {
    AddressPool pool(Net("10.0.0.0/28"), seed);
    auto address = ParseIpv4(pool.Take(1, {}, {})->front()).value();
    EXPECT_GE(address, Net("10.0.0.0/28").first());
    EXPECT_LE(address, Net("10.0.0.0/28").last());
  }
}

TEST(ApiVersionTest, TheNewestThatBothKnowIsSpoken) {
  EXPECT_EQ(ToString(*NegotiateApiVersion("1.41", "1.12")), "1.41");  // Engine 20.10
  EXPECT_EQ(ToString(*NegotiateApiVersion("1.52", "1.44")), "1.47");  // Engine 29
  EXPECT_EQ(ToString(*NegotiateApiVersion("1.44", "")), "1.44");
  for (auto [newest, oldest] : {std::pair("1.40", "1.12"), {"1.60", "1.48"}}) {
    auto none = NegotiateApiVersion(newest, oldest);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::Terminal);
    EXPECT_THAT(none.error().message, HasSubstr(newest));
  }
  EXPECT_FALSE(NegotiateApiVersion("", ""));
  EXPECT_LT(*ParseApiVersion("1.9"), *ParseApiVersion("1.41"));
}

TEST(ImageReferenceTest, PartsAndFamiliarForm) {
  auto check = [](const char* text, const char* name, const char* version, const char* registry, const char* familiar) {
    auto reference = ParseImageReference(text);
    EXPECT_EQ(reference.name, name);
    EXPECT_EQ(reference.version(), version);
    EXPECT_EQ(reference.registry, registry);
    EXPECT_EQ(FamiliarReference(text), familiar);
  };
  check("nginx", "nginx", "latest", "docker.io", "nginx:latest");
  check("docker.io/library/nginx:1", "docker.io/library/nginx", "1", "docker.io", "nginx:1");
  check("docker.io/library/team/app:2", "docker.io/library/team/app", "2", "docker.io", "library/team/app:2");
  check("library/library/app", "library/library/app", "latest", "docker.io", "library/library/app:latest");
  check("team/app:2", "team/app", "2", "docker.io", "team/app:2");
  check("127.0.0.1:5000/shop", "127.0.0.1:5000/shop", "latest", "127.0.0.1:5000", "127.0.0.1:5000/shop:latest");
  check("localhost/shop:1", "localhost/shop", "1", "localhost", "localhost/shop:1");
  check("r.example.com/a/b:1@sha256:ab", "r.example.com/a/b", "sha256:ab", "r.example.com",
        "r.example.com/a/b@sha256:ab");
}

TEST(PercentEncodeTest, KeepsOnlyWhatIsSafe) {
  EXPECT_EQ(PercentEncode("a b/c?d=é"), "a%20b%2Fc%3Fd%3D%C3%A9");
  EXPECT_EQ(PercentEncode("r:5000/a/b@sha256:0", true), "r:5000/a/b%40sha256:0");
}

}  // namespace
}  // namespace tinyforge::docker
