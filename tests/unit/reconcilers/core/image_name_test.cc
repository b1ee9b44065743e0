#include "reconcilers/core/image_name.h"

#include <gtest/gtest.h>

namespace tinyforge {
namespace {

TEST(ImageNameTest, ShortNamesAreDockerHubs) {
  for (const char* name : {"nginx", "library/nginx", "docker.io/nginx", "docker.io/library/nginx",
                           "index.docker.io/nginx", "index.docker.io/library/nginx", "Docker.IO/nginx"})
    EXPECT_EQ(SplitImageName(name), (ImageName{"docker.io", "library/nginx"})) << name;
  EXPECT_EQ(SplitImageName("acme/shop"), (ImageName{"docker.io", "acme/shop"}));
}

TEST(ImageNameTest, AHostHasADotAPortOrACapitalOrIsLocalhost) {
  const std::pair<const char*, ImageName> cases[] = {
      {"ghcr.io/acme/shop", {"ghcr.io", "acme/shop"}},
      {"registry.example.com:5000/shop", {"registry.example.com:5000", "shop"}},
      {"localhost/shop", {"localhost", "shop"}},
      {"registry:5000/a/b/c", {"registry:5000", "a/b/c"}},
      {"Registry.Example.com/shop", {"registry.example.com", "shop"}},
      {"registry/shop", {"docker.io", "registry/shop"}},
  };
  for (const auto& [name, expected] : cases) EXPECT_EQ(SplitImageName(name), expected) << name;
  EXPECT_EQ(SplitImageName("ACME/shop"), (ImageName{"acme", "shop"}));
}

}  // namespace
}  // namespace tinyforge
