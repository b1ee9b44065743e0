// What images are made for.
#pragma once

#include <string>

namespace tinyforge::registry {

// In the words of the OCI image specification (Go's GOOS and GOARCH).
struct Platform {
  std::string os = "linux";
  std::string architecture;  // "amd64"
  std::string variant;       // "v7" of arm; empty: none
  std::string text() const;  // "linux/arm/v7"
  bool operator==(const Platform&) const = default;
};

// Of this machine.
Platform HostPlatform();

}  // namespace tinyforge::registry
