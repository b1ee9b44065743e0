#include "reconcilers/trigger/policy/tag_policy.h"

#include <map>

#include "reconcilers/trigger/policy/natural_order.h"

namespace tinyforge {
namespace {

constexpr std::size_t kMaxExpression = 512;

// What was passed over and why, for one line of explanation.
class PassedOver {
 public:
  void Count(std::string_view why) { ++counts_[why]; }

  std::string ToString() const {
    std::string text;
    for (const auto& [why, count] : counts_) text += "; " + std::to_string(count) + " " + std::string(why);
    return text;
  }

 private:
  std::map<std::string_view, std::size_t> counts_;
};

v1::Problem TooLong(std::string field, std::size_t size) {
  return {std::move(field),
          "has " + std::to_string(size) + " bytes; at most " + std::to_string(kMaxExpression) + " are allowed"};
}

}  // namespace

TagChoice TagPolicy::Choose(std::span<const TagRecord> tags) const {
  PassedOver passed_over;
  const TagRecord* best = nullptr;
  std::size_t fit = 0;
  for (const TagRecord& record : tags) {
    if (const std::string_view why = WhyNot(record, true); !why.empty()) {
      passed_over.Count(why);
      continue;
    }
    ++fit;
    auto order = best ? Compare(record, *best) : std::weak_ordering::greater;
    if (best && order == 0) order = CompareNatural(record.tag, best->tag);
    if (order > 0) best = &record;
  }
  std::string why = best ? best->tag + ": the best of " + std::to_string(fit) : "none";
  why += " of " + std::to_string(tags.size()) + (tags.size() == 1 ? " tag" : " tags") + " by " + ToString();
  return {best ? std::optional(*best) : std::nullopt, why + passed_over.ToString()};
}

PolicyOrProblem ParseTagPolicy(const v1::TagPolicy& policy) {
  const auto too_long = [](const std::optional<std::string>& text) { return text && text->size() > kMaxExpression; };
  if (too_long(policy.semver)) return TooLong("semver", policy.semver->size());
  if (too_long(policy.glob)) return TooLong("glob", policy.glob->size());
  if (too_long(policy.regex)) return TooLong("regex", policy.regex->size());
  if (policy.semver) return MakeSemverPolicy(policy);
  if (policy.glob) return MakeGlobPolicy(policy);
  if (policy.regex) return MakeRegexPolicy(policy);
  if (policy.newest.value_or(false)) return MakeNewestPolicy();
  if (policy.digest) return MakeDigestPolicy(*policy.digest);
  return v1::Problem{"", "expected exactly one of semver, glob, regex, newest and digest"};
}

}  // namespace tinyforge
