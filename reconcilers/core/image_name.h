// The name of an image, made comparable: one image has one host and one path, however a manifest, a person or a
// registry spells it.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge {

struct ImageName {
  std::string host;  // "docker.io", "registry.example.com:5000"; lower case
  std::string path;  // without the host: "library/nginx", "acme/shop"
  bool operator==(const ImageName&) const = default;
};

// Splits a name without tag and digest by Docker's rule (the "familiar name" of github.com/distribution/reference):
// what stands before the first slash is a host when it has a dot, a port or a capital letter or is "localhost"; all
// others live on Docker Hub, where a name without a slash is below "library/". Checks nothing.
ImageName SplitImageName(std::string_view name);

}  // namespace tinyforge
