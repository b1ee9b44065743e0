// Versions as Semantic Versioning 2.0.0 has them.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tinyforge {

// Numbers are kept as their digits, so that none overflows. Build metadata takes no part in the order (section 10) and
// is not kept: whoever needs it has the text.
struct SemanticVersion {
  std::string major = "0";
  std::string minor = "0";
  std::string patch = "0";
  std::vector<std::string> pre_release;  // its identifiers; empty: a release

  // All three numbers, perhaps with a "v" before them; nothing for "1.2", "1.02.3" or "1.2.3-01" (sections 2 and 9).
  static std::optional<SemanticVersion> Parse(std::string_view text);

  bool SameRelease(const SemanticVersion& other) const;  // major, minor and patch
  bool operator==(const SemanticVersion&) const = default;
  std::strong_ordering operator<=>(const SemanticVersion& other) const;  // section 11
};

// A number without leading zeros.
bool IsVersionNumber(std::string_view text);

// The identifiers between dots; nothing when one is empty, has other characters than [0-9A-Za-z-], or is a number with
// leading zeros.
std::optional<std::vector<std::string>> ParsePreRelease(std::string_view text);

}  // namespace tinyforge
