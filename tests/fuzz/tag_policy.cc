// Tag policies: what is chosen is on the list and admitted, whatever the order of the list.
//
// Input: a byte for the kind of policy, one for the order; a line with the expression; one with the capture; then a tag
// a line.
#include "reconcilers/trigger/policy/tag_policy.h"

#include <algorithm>
#include <set>
#include <vector>

#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

v1::TagPolicy ReadPolicy(fuzz::Input& input) {
  v1::TagPolicy policy;
  const std::uint8_t kind = input.Byte();
  policy.order = static_cast<v1::TagOrder>(input.Byte() % 3);
  const std::string expression(input.Line());
  const std::string capture(input.Line());
  switch (kind % 5) {
    case 0: policy.semver = expression; break;
    case 1: policy.glob = expression; break;
    case 2: policy.regex = expression; break;
    case 3: policy.newest = true; break;
    default: policy.digest = expression; break;
  }
  if (!capture.empty()) policy.capture = capture;
  return policy;
}

// A registry lists a tag once.
std::vector<TagRecord> ReadTags(fuzz::Input& input) {
  std::vector<TagRecord> tags;
  std::set<std::string> seen;
  while (!input.empty() && tags.size() < 64) {
    std::string tag(input.Line());
    if (!seen.insert(tag).second) continue;
    const std::size_t length = tag.size();
    tags.push_back({.tag = std::move(tag), .digest = "sha256:" + std::to_string(tags.size())});
    // Some dates are not known, and some are the same.
    if (length % 4 != 0) tags.back().created = SysTime(std::chrono::seconds(length % 4));
  }
  return tags;
}

std::string Best(const TagPolicy& policy, const std::vector<TagRecord>& tags) {
  const TagChoice choice = policy.Choose(tags);
  fuzz::Require(!choice.why.empty(), "a choice is explained");
  if (!choice.best) return "none";
  fuzz::Require(std::ranges::find(tags, *choice.best) != tags.end(), "the choice is on the list", choice.best->tag);
  fuzz::Require(policy.Admits(choice.best->tag), "the choice is admitted", choice.best->tag);
  return "tag " + choice.best->tag;
}

void CheckOrder(const TagPolicy& policy, std::vector<TagRecord> tags, const std::string& best) {
  std::ranges::reverse(tags);
  fuzz::RequireSame(Best(policy, tags), best, "the list from its end gives the same");
  std::rotate(tags.begin(), tags.begin() + static_cast<std::ptrdiff_t>(tags.size() / 2), tags.end());
  fuzz::RequireSame(Best(policy, tags), best, "the list from its middle gives the same");
  std::ranges::sort(tags, {}, [](const TagRecord& record) { return std::hash<std::string>()(record.tag); });
  fuzz::RequireSame(Best(policy, tags), best, "the list shuffled gives the same");
}

void CheckChoices(const TagPolicy& policy, const std::vector<TagRecord>& tags) {
  const TagChoice choice = policy.Choose(tags);
  const std::string best = Best(policy, tags);
  CheckOrder(policy, tags, best);
  if (!choice.best) return;
  std::vector<TagRecord> others = tags;
  std::erase(others, *choice.best);
  fuzz::Require(Best(policy, others) != best, "what is gone is not chosen", best);
  const std::string_view only = policy.OnlyTag();
  fuzz::Require(only.empty() || only == choice.best->tag, "a policy of one tag chooses that one", choice.best->tag);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const v1::TagPolicy spec = ReadPolicy(input);
  const auto made = ParseTagPolicy(spec);
  if (const auto* problem = std::get_if<v1::Problem>(&made)) {
    fuzz::Require(!problem->message.empty(), "what is wrong with a policy is said");
    return 0;
  }
  const TagPolicy& policy = *std::get<0>(made);
  fuzz::Require(!policy.ToString().empty(), "a policy can be named");
  CheckChoices(policy, ReadTags(input));
  return 0;
}
