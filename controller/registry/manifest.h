// Manifests, indexes and image configurations (OCI image specification 1.1, Docker image manifest v2 schema 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/time.h"
#include "controller/registry/platform.h"

namespace tinyforge::registry {

// The media types that a pull by Docker Engine asks for, so that a tag means the same digest here and there.
inline constexpr std::string_view kManifestTypes =
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

// "sha256:" and 64 lower-case hexadecimal digits.
bool IsDigest(std::string_view text);
// Of these bytes.
std::string DigestOf(std::string_view bytes);

struct Manifest {
  struct Entry {
    std::string digest;
    Platform platform;
  };
  std::string config;          // digest of the image's configuration; empty: this is an index
  std::vector<Entry> entries;  // of an index; those without a digest or a platform are left out

  // The digest of the entry for a platform: with its variant if there is one, else with none, else the first of its
  // architecture. Empty: none is for it.
  std::string For(const Platform& platform) const;
};

// Empty for what is neither.
std::optional<Manifest> ParseManifest(std::string_view json);

// When an image was made, by its configuration. Empty when that does not say, or names a time before 1970 (Go's zero).
std::optional<SysTime> ParseCreated(std::string_view config_json);

// "CODE: message" of the first error in the body of a refusal (distribution specification, "Error Codes"); empty: none.
std::string FirstError(std::string_view json);

}  // namespace tinyforge::registry
