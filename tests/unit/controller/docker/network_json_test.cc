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

TEST(MisfitOf, WhatIsNotAskedForMayBeAnything) {
  EXPECT_EQ(MisfitOf({.internal = true}, Made()), "");
  EXPECT_EQ(MisfitOf({.driver = "bridge", .driver_opts = {{"mtu", "1400"}}, .internal = true}, Made()), "");
  EXPECT_EQ(MisfitOf({.ipam = {{.subnet = "172.20.0.0/16"}}, .internal = true, .enable_ipv6 = false}, Made()), "");
}

TEST(MisfitOf, TheFirstThingThatItHasNotIsNamed) {
  EXPECT_EQ(MisfitOf({}, Made()), "value of internal");
  EXPECT_EQ(MisfitOf({.driver = "macvlan", .internal = true}, Made()), "driver");
  EXPECT_EQ(MisfitOf({.driver_opts = {{"mtu", "9000"}}, .internal = true}, Made()), "driver option");
  EXPECT_EQ(MisfitOf({.internal = true, .enable_ipv6 = true}, Made()), "value of enable_ipv6");
  EXPECT_EQ(MisfitOf({.ipam = {{.subnet = "10.0.0.0/24"}}, .internal = true}, Made()), "ipam subnet");
}

}  // namespace
}  // namespace tinyforge::docker
