#include "controller/docker/image_platform.h"

#include <gtest/gtest.h>

namespace tinyforge::docker {
namespace {

bool Suited(std::string_view have, std::string_view want) {
  return Suits(ParseImagePlatform(have), ParseImagePlatform(want));
}

TEST(ImagePlatform, NamesThatMeanTheSameAreOne) {
  EXPECT_EQ(ParseImagePlatform("linux/aarch64"), (ImagePlatform{"linux", "arm64", ""}));
  EXPECT_EQ(ParseImagePlatform("Linux/x86_64"), (ImagePlatform{"linux", "amd64", ""}));
  EXPECT_EQ(ParseImagePlatform("linux/arm64/v8"), ParseImagePlatform("linux/arm64"));
  EXPECT_EQ(ParseImagePlatform("arm64"), (ImagePlatform{"", "arm64", ""}));
  EXPECT_EQ(ParseImagePlatform("/arm/v7"), (ImagePlatform{"", "arm", "v7"}));
  EXPECT_EQ(ParseImagePlatform("linux/armhf"), (ImagePlatform{"linux", "arm", "v7"}));
}

TEST(ImagePlatform, WhatIsLeftOpenAgreesWithAnything) {
  EXPECT_TRUE(Suited("linux/arm64/v8", "linux/arm64"));
  EXPECT_TRUE(Suited("linux/amd64", "linux"));
  EXPECT_TRUE(Suited("linux/amd64", "x86_64"));
  EXPECT_TRUE(Suited("", "linux/amd64"));  // the Engine did not say
  EXPECT_FALSE(Suited("linux/amd64", "linux/arm64"));
  EXPECT_FALSE(Suited("linux/arm/v6", "linux/arm/v7"));
  EXPECT_FALSE(Suited("windows/amd64", "linux/amd64"));
}

}  // namespace
}  // namespace tinyforge::docker
