// For which platform an image is, and whether that is one that was asked for.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge::docker {

// "os/architecture/variant", as far as they are known: "linux/arm64/v8".
struct ImagePlatform {
  std::string os;
  std::string architecture;
  std::string variant;
  bool operator==(const ImagePlatform&) const = default;
};

// Names that mean the same are one: "linux/aarch64" is linux/arm64, "x86_64" alone is amd64 of any OS.
ImagePlatform ParseImagePlatform(std::string_view text);

// Whether an image for `have` will do for `want`: what either leaves open agrees with anything.
bool Suits(const ImagePlatform& have, const ImagePlatform& want);

}  // namespace tinyforge::docker
