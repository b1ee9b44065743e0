// Image references, "[registry/]repository[:tag][@digest]", as the Engine reads them.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge::docker {

struct ImageReference {
  std::string name;      // "registry.example.com/shop", "nginx"
  std::string tag;       // empty: none said
  std::string digest;    // "sha256:…"; empty: none said; decides over a tag
  std::string registry;  // "registry.example.com:5000"; "docker.io" when none is said

  // What to ask the registry for: the digest, the tag, or "latest".
  const std::string& version() const;
};

ImageReference ParseImageReference(std::string_view text);

// Without what Docker Hub lets people leave out ("docker.io/", and "library/" before a single name), tag "latest"
// written out: the "familiar name" of github.com/distribution/reference.
std::string FamiliarReference(std::string_view text);

}  // namespace tinyforge::docker
