// tagPolicy.newest: the tag whose image was created last.
#include "reconcilers/trigger/policy/tag_policy.h"

namespace tinyforge {
namespace {

class NewestPolicy final : public TagPolicy {
 public:
  std::string ToString() const override { return "newest"; }
  bool NeedsDates() const override { return true; }

 protected:
  std::string_view WhyNot(const TagRecord& record, bool whole) const override {
    return !whole || record.created ? "" : "without a known date of creation";
  }

  std::weak_ordering Compare(const TagRecord& a, const TagRecord& b) const override {
    return *a.created <=> *b.created;
  }
};

}  // namespace

PolicyOrProblem MakeNewestPolicy() {
  return std::make_unique<const NewestPolicy>();
}

}  // namespace tinyforge
