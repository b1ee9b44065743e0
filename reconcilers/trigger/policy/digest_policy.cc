// tagPolicy.digest: whatever one moving tag points to.
#include "reconcilers/trigger/policy/tag_policy.h"

namespace tinyforge {
namespace {

class DigestPolicy final : public TagPolicy {
 public:
  explicit DigestPolicy(std::string tag) : tag_(std::move(tag)) {}

  std::string ToString() const override { return "digest of \"" + tag_ + "\""; }
  std::string_view OnlyTag() const override { return tag_; }

 protected:
  std::string_view WhyNot(const TagRecord& record, bool whole) const override {
    if (record.tag != tag_) return "not the tag that is followed";
    return !whole || !record.digest.empty() ? "" : "whose digest is not known";
  }

  std::weak_ordering Compare(const TagRecord& a, const TagRecord& b) const override { return a.digest <=> b.digest; }

 private:
  std::string tag_;
};

}  // namespace

PolicyOrProblem MakeDigestPolicy(std::string tag) {
  return std::make_unique<const DigestPolicy>(std::move(tag));
}

}  // namespace tinyforge
