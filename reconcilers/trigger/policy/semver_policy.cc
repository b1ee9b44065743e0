// tagPolicy.semver: the highest version in a range. A tag is a version when it has all three numbers, perhaps with a
// "v" before them: "1.27" is a moving tag and is never chosen.
#include "reconcilers/trigger/policy/tag_policy.h"
#include "reconcilers/trigger/policy/version_range.h"

namespace tinyforge {
namespace {

class SemverPolicy final : public TagPolicy {
 public:
  SemverPolicy(std::string text, VersionRange range) : text_(std::move(text)), range_(std::move(range)) {}

  std::string ToString() const override { return "semver \"" + text_ + "\""; }

 protected:
  std::string_view WhyNot(const TagRecord& record, bool) const override {
    const auto version = SemanticVersion::Parse(record.tag);
    if (!version) return "not a version (MAJOR.MINOR.PATCH)";
    if (range_.Admits(*version)) return {};
    return range_.AdmitsButForPreRelease(*version) ? "a pre-release that the range does not name" : "out of the range";
  }

  std::weak_ordering Compare(const TagRecord& a, const TagRecord& b) const override {
    return *SemanticVersion::Parse(a.tag) <=> *SemanticVersion::Parse(b.tag);
  }

 private:
  std::string text_;
  VersionRange range_;
};

}  // namespace

PolicyOrProblem MakeSemverPolicy(const v1::TagPolicy& policy) {
  auto range = VersionRange::Parse(*policy.semver);
  if (!range) return v1::Problem{"semver", range.error().message};
  return std::make_unique<const SemverPolicy>(*policy.semver, std::move(*range));
}

}  // namespace tinyforge
