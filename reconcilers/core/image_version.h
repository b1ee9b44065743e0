// The version of an image that is wanted, offered or excluded.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api-types/meta/time.h"

namespace tinyforge {

struct ImageVersion {
  std::string tag;     // empty: by digest alone
  std::string digest;  // "sha256:…"; empty: whatever the tag points to
  bool operator==(const ImageVersion&) const = default;
};

// "1.4.2", "1.4.2@sha256:0123456789ab" (the digest shortened), "sha256:0123456789ab".
std::string ToString(const ImageVersion& version);

// What to ask the Engine for: "repository@sha256:…" when the digest is known, else "repository:tag"; "latest" when
// neither is said.
std::string ReferenceOf(std::string_view repository, const ImageVersion& version);

// A version that a policy must not choose.
struct ExcludedVersion {
  ImageVersion version;
  std::string why;  // "rolled back", "git went back from it to 1.4.2"
  SysTime at{};
  bool operator==(const ExcludedVersion&) const = default;
};

// The exclusion that concerns this version; null: none. Where both digests are known they decide, so that a tag that
// was pushed anew counts as a newer version; else the tag does. Callers who want that difference seen look up the
// digests of tags that exclusions name.
const ExcludedVersion* FindExclusion(std::span<const ExcludedVersion> excluded, const ImageVersion& version);

}  // namespace tinyforge
