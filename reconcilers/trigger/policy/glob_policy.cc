// tagPolicy.glob: the highest tag that a pattern matches as a whole.
#include "api-types/v1/hosts.h"
#include "reconcilers/trigger/policy/tag_order.h"
#include "reconcilers/trigger/policy/tag_policy.h"

namespace tinyforge {
namespace {

class GlobPolicy final : public TagPolicy {
 public:
  GlobPolicy(std::string pattern, v1::TagOrder order) : pattern_(std::move(pattern)), order_(order) {}

  std::string ToString() const override { return "glob \"" + pattern_ + "\""; }

 protected:
  std::string_view WhyNot(const TagRecord& record, bool) const override {
    if (!v1::GlobMatches(pattern_, record.tag)) return "not matched by the pattern";
    return MayOrder(order_, record.tag) ? "" : "not a number";
  }

  std::weak_ordering Compare(const TagRecord& a, const TagRecord& b) const override {
    return CompareBy(order_, a.tag, b.tag);
  }

 private:
  std::string pattern_;
  v1::TagOrder order_;
};

}  // namespace

PolicyOrProblem MakeGlobPolicy(const v1::TagPolicy& policy) {
  return std::make_unique<const GlobPolicy>(*policy.glob, policy.order);
}

}  // namespace tinyforge
