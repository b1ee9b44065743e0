// Which tag of an image is wanted: spec.registry.tagPolicy, one file a policy.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "api-types/meta/time.h"
#include "api-types/v1/trigger.h"
#include "api-types/v1/validate.h"
#include "reconcilers/core/image_version.h"

namespace tinyforge {

// A tag as the registry has it.
struct TagRecord {
  std::string tag;
  std::string digest{};              // what it points to; empty: not known
  std::optional<SysTime> created{};  // when its image was built; empty: not known
  bool operator==(const TagRecord&) const = default;
};

// What a policy says to a list of tags.
struct TagChoice {
  std::optional<TagRecord> best;  // empty: none is wanted
  // One line: what was chosen from how many, and how many were passed over for which reason.
  std::string why;
};

// Immutable; every function is pure and safe to call from many threads.
class TagPolicy {
 public:
  virtual ~TagPolicy() = default;

  // Whether the policy may ever choose a tag of this name.
  bool Admits(std::string_view tag) const { return WhyNot({.tag = std::string(tag)}, false).empty(); }

  // The best of those admitted and known well enough; what is excluded may be among them, and holds until a newer one
  // is the best: nothing older takes its place. The order of `tags` has no influence: of two that rank the same, the
  // one that is last in natural order wins. Linear in their number.
  TagChoice Choose(std::span<const TagRecord> tags) const;

  // One line: `semver ">=1.4.0 <2.0.0"`.
  virtual std::string ToString() const = 0;

  // What must be known of each tag for a choice; asking a registry for it costs a request a tag.
  virtual bool NeedsDates() const { return false; }
  // The only tag that it can choose; empty: it must see the whole list.
  virtual std::string_view OnlyTag() const { return {}; }

 protected:
  // Why a tag is not chosen, in words that follow a number of tags: "not a version"; empty: it may be. Without `whole`
  // only its name is judged.
  virtual std::string_view WhyNot(const TagRecord& record, bool whole) const = 0;
  // Of two that may be chosen.
  virtual std::weak_ordering Compare(const TagRecord& a, const TagRecord& b) const = 0;
};

// A policy, or the field of tagPolicy that is wrong ("semver", "capture") with where and why.
using PolicyOrProblem = std::variant<std::unique_ptr<const TagPolicy>, v1::Problem>;

// Expressions may have up to 512 bytes; what an RE2 expression compiles to is limited to 1 MiB.
PolicyOrProblem ParseTagPolicy(const v1::TagPolicy& policy);

// Each of the kinds; its own field is set.
PolicyOrProblem MakeSemverPolicy(const v1::TagPolicy& policy);
PolicyOrProblem MakeGlobPolicy(const v1::TagPolicy& policy);
PolicyOrProblem MakeRegexPolicy(const v1::TagPolicy& policy);
PolicyOrProblem MakeNewestPolicy();
PolicyOrProblem MakeDigestPolicy(std::string tag);

}  // namespace tinyforge
