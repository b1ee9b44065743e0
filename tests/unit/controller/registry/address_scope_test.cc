#include "controller/registry/address_scope.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace tinyforge::registry {
namespace {

TEST(AddressScopeTest, EachRangeIsWhatItIsForAtBothItsEnds) {
  for (const char* address :
       {"10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "127.0.0.1", "100.64.0.0",
        "100.127.255.255", "::1", "fc00::1", "fdff::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"})
    EXPECT_EQ(ScopeOf(std::string(address)), AddressScope::Inside) << address;
  for (const char* address : {"0.0.0.0", "0.1.2.3", "169.254.169.254", "192.0.0.192", "224.0.0.1", "255.255.255.255",
                              "::", "fe80::1", "febf::1", "ff02::1", "::ffff:169.254.169.254", "::ffff:0.0.0.0",
                              "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::7f00:2", "", "localhost", "1.2.3"})
    EXPECT_EQ(ScopeOf(std::string(address)), AddressScope::Forbidden) << address;
  for (const char* address : {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
                              "192.169.0.0", "126.255.255.255", "128.0.0.0", "100.63.255.255", "100.128.0.0",
                              "223.255.255.255", "2001:db8::1", "::ffff:8.8.8.8", "64:ff9b::808:808"})
    EXPECT_EQ(ScopeOf(std::string(address)), AddressScope::Outside) << address;
}

TEST(AddressScopeTest, SocketAddressesAreReadAsWell) {
  sockaddr_in v4{.sin_family = AF_INET, .sin_addr = {htonl(0xA9FEA9FE)}};
  EXPECT_EQ(ScopeOf(reinterpret_cast<const sockaddr&>(v4)), AddressScope::Forbidden);
  sockaddr_in6 v6{.sin6_family = AF_INET6};
  inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
  EXPECT_EQ(ScopeOf(reinterpret_cast<const sockaddr&>(v6)), AddressScope::Outside);
  const sockaddr local{.sa_family = AF_UNIX};
  EXPECT_EQ(ScopeOf(local), AddressScope::Forbidden);
}

}  // namespace
}  // namespace tinyforge::registry
