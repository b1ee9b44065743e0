#include "controller/docker/network_json.h"

#include <gtest/gtest.h>

namespace tinyforge::docker {
namespace {

// As docker compose made it and the Engine reports it.
ObservedNetwork Made() {
  return *DecodeNetwork(
      R"({"Name":"shop_back","Driver":"bridge","Internal":true,"Attachable":true,"EnableIPv6":false,)"
      R"("Options":{"mtu":"1400"},"IPAM":{"Driver":"default","Options":null,)"
      R"("Config":[{"Subnet":"172.20.0.0/16","Gateway":"172.20.0.1"}]},"Labels":{"com.docker.compose.project":"shop"}})");
}

TEST(NetworkFits, WhereWhatIsNotAskedForIsAnything) {
  EXPECT_TRUE(Fits({.internal = true}, Made()));
  EXPECT_TRUE(Fits({.driver = "bridge", .driver_opts = {{"mtu", "1400"}}, .internal = true}, Made()));
  EXPECT_TRUE(Fits({.ipam = {{.subnet = "172.20.0.0/16"}}, .internal = true, .enable_ipv6 = false}, Made()));
}

TEST(NetworkFits, NotWhereItLacksWhatIsAskedFor) {
  EXPECT_FALSE(Fits({}, Made()));
  EXPECT_FALSE(Fits({.driver = "macvlan", .internal = true}, Made()));
  EXPECT_FALSE(Fits({.driver_opts = {{"mtu", "9000"}}, .internal = true}, Made()));
  EXPECT_FALSE(Fits({.internal = true, .enable_ipv6 = true}, Made()));
  EXPECT_FALSE(Fits({.ipam = {{.subnet = "10.0.0.0/24"}}, .internal = true}, Made()));
}

}  // namespace
}  // namespace tinyforge::docker
