// Ranges of versions in the syntax of npm (node-semver), with cargo's comma.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "reconcilers/trigger/policy/semantic_version.h"

namespace tinyforge {

struct Comparator {
  enum class Op { Less, LessOrEqual, Greater, GreaterOrEqual, Equal };
  Op op = Op::Equal;
  SemanticVersion version;

  bool Admits(const SemanticVersion& other) const;
  bool operator==(const Comparator&) const = default;
};

// Alternatives joined by "||"; each is a list, by blanks or commas, of
//   1.2.3   =1.2.3  v1.2.3    that version
//   <1.2  <=1.2  >1.2  >=1.2  what is left out counts as 0, or as any where that is meant: ">1.2" is ">=1.3.0"
//   1.2.x   1.2   1.*  *      any in its place
//   ~1.2.3                    the patch may grow; "~1" the minor too
//   ^1.2.3                    what is right of the first number that is not 0 may grow
// or a hyphen range "1.2 - 2.3.4", blanks around the hyphen, both ends included.
//
// A bare version is that version, as in npm; cargo reads it as a caret. Unlike npm, an alternative that is empty is an
// error: "1.x ||" would admit everything.
//
// A pre-release is admitted only where a comparator of the same alternative names a pre-release of the same
// major.minor.patch.
class VersionRange {
 public:
  // Invalid: "at character 5: …", counted in bytes from 1.
  static Expected<VersionRange> Parse(std::string_view text);

  bool Admits(const SemanticVersion& version) const;
  // Whether only the rule on pre-releases keeps it out.
  bool AdmitsButForPreRelease(const SemanticVersion& version) const;

 private:
  using Alternative = std::vector<Comparator>;  // all hold; empty: any version
  std::vector<Alternative> alternatives_;
};

}  // namespace tinyforge
