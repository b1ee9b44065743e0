#include "controller/serve/ip_address.h"

#include <gmock/gmock.h>

#include <random>

namespace tinyforge::serve {
namespace {

using testing::HasSubstr;

IpAddress Address(const std::string& text) {
  const auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(IpAddress());
}

std::vector<IpNetwork> Networks(const std::string& text) {
  auto networks = ParseNetworks(text);
  EXPECT_TRUE(networks) << text;
  return networks ? *networks : std::vector<IpNetwork>();
}

TEST(IpAddressTest, TextsOfAddressesAreRead) {
  for (const char* text : {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::1"}) EXPECT_EQ(Address(text).ToString(), text);
  EXPECT_EQ(Address("::ffff:192.0.2.1"), Address("192.0.2.1"));
  for (const char* text :
       {"", "192.0.2", "192.0.2.256", "192.0.2.1:80", "[::1]", "fe80::1%eth0", "localhost", "1", " ::1"})
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  EXPECT_FALSE(IpAddress::Parse(std::string_view("1.2.3.4\0x", 9)));
  EXPECT_FALSE(IpAddress::Parse(std::string(100'000, ':')));
}

TEST(IpAddressTest, AHostIsAnAddressOrASlash64AndASiteASlash24OrASlash48) {
  EXPECT_EQ(Address("192.0.2.77").Host().ToString(), "192.0.2.77");
  EXPECT_EQ(Address("192.0.2.77").Site().ToString(), "192.0.2.0");
  EXPECT_EQ(Address("2001:db8:1:2:3:4:5:6").Host().ToString(), "2001:db8:1:2::");
  EXPECT_EQ(Address("2001:db8:1:2:3:4:5:6").Site().ToString(), "2001:db8:1::");
  EXPECT_EQ(Address("255.255.255.255").Masked(13).ToString(), "255.248.0.0");
}

TEST(IpNetworkTest, ContainsWhatSharesItsBits) {
  const auto networks = Networks("10.0.0.0/8, 192.0.2.7 ,2001:db8::/32");
  ASSERT_EQ(networks.size(), 3u);
  for (const char* inside : {"10.255.0.1", "192.0.2.7", "2001:db8:ffff::1", "::ffff:10.1.1.1"})
    EXPECT_TRUE(ContainsAddress(networks, Address(inside))) << inside;
  for (const char* outside : {"11.0.0.1", "192.0.2.8", "2001:db9::", "::"})
    EXPECT_FALSE(ContainsAddress(networks, Address(outside))) << outside;
  EXPECT_FALSE(ContainsAddress(networks, IpAddress()));
  EXPECT_TRUE(ContainsAddress(Networks("0.0.0.0/0"), Address("203.0.113.9")));
  EXPECT_FALSE(ContainsAddress(Networks("0.0.0.0/0"), Address("2001:db8::1")));
  EXPECT_TRUE(Networks("  ").empty());
}

TEST(IpNetworkTest, WhatIsNoneIsNamed) {
  for (const char* text :
       {"10.0.0.0/33", "10.0.0.1/8", "::/129", "10.0.0.0/", "10.0.0.0/x", "proxy", "10.0.0.0/8,,::1"}) {
    const auto networks = ParseNetworks(text);
    ASSERT_FALSE(networks) << text;
    EXPECT_EQ(networks.error().kind, ErrorKind::Invalid);
  }
  EXPECT_THAT(ParseNetworks("10.0.0.0/8, proxy").error().message, HasSubstr("got \"proxy\""));
}

class CallerBehindTest : public testing::Test {
 protected:
  std::string Caller(const std::string& peer, const std::vector<std::string_view>& fields) {
    return CallerBehind(Address(peer), fields, Networks("10.0.0.0/8")).ToString();
  }
};

TEST_F(CallerBehindTest, OnlyATrustedProxyIsBelieved) {
  EXPECT_EQ(Caller("10.0.0.1", {"203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(Caller("192.0.2.1", {"203.0.113.9"}), "192.0.2.1");
  EXPECT_EQ(Caller("10.0.0.1", {}), "10.0.0.1");
}

TEST_F(CallerBehindTest, WhatTheCallerItselfWroteIsHearsay) {
  EXPECT_EQ(Caller("10.0.0.1", {"1.1.1.1, 203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(Caller("10.0.0.1", {"1.1.1.1, 203.0.113.9, 10.0.0.2"}), "203.0.113.9");
  EXPECT_EQ(Caller("10.0.0.1", {"1.1.1.1", "203.0.113.9", "10.0.0.2"}), "203.0.113.9");
  EXPECT_EQ(Caller("10.0.0.1", {"10.9.9.9, 10.0.0.2"}), "10.9.9.9");
}

TEST_F(CallerBehindTest, PortsAndBracketsAreRead) {
  EXPECT_EQ(Caller("10.0.0.1", {"203.0.113.9:4711"}), "203.0.113.9");
  EXPECT_EQ(Caller("10.0.0.1", {"[2001:db8::1]:4711"}), "2001:db8::1");
  EXPECT_EQ(Caller("10.0.0.1", {"2001:db8::1"}), "2001:db8::1");
}

TEST_F(CallerBehindTest, WhatCannotBeReadEndsTheSearch) {
  for (const char* field : {"", ",", ",,,", "unknown", "[", "[]", "[:", "1.2.3.4:5:6", "\xff\xfe", "203.0.113.9, _x"})
    EXPECT_EQ(Caller("10.0.0.1", {field}), "10.0.0.1") << field;
  EXPECT_EQ(Caller("10.0.0.1", {"203.0.113.9, junk, 10.0.0.2"}), "10.0.0.2");
}

// Of random bytes nothing comes but an address that stands in them.
TEST_F(CallerBehindTest, RandomFieldsNeverBreakIt) {
  std::mt19937 random(1);
  const std::string alphabet = "0123456789abcdef.:,[] \t%x";
  for (int i = 0; i < 100'000; ++i) {
    std::string field(random() % 40, '\0');
    for (char& c : field) c = alphabet[random() % alphabet.size()];
    EXPECT_NE(Caller("10.0.0.1", {field}), "");
  }
}

}  // namespace
}  // namespace tinyforge::serve
