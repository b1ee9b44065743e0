// tagPolicy.regex: the highest tag that an RE2 expression matches somewhere, by one of its groups.
#include <re2/re2.h>

#include <charconv>
#include <vector>

#include "reconcilers/trigger/policy/tag_order.h"
#include "reconcilers/trigger/policy/tag_policy.h"

namespace tinyforge {
namespace {

constexpr std::int64_t kMaxMemory = 1 << 20;

class RegexPolicy final : public TagPolicy {
 public:
  RegexPolicy(std::unique_ptr<const re2::RE2> expression, int group, v1::TagOrder order)
      : expression_(std::move(expression)), group_(group), order_(order) {}

  std::string ToString() const override { return "regex \"" + expression_->pattern() + "\""; }

 protected:
  std::string_view WhyNot(const TagRecord& record, bool) const override {
    const auto key = KeyOf(record.tag);
    if (!key) return "not matched by the expression";
    return MayOrder(order_, *key) ? "" : "whose capture is not a number";
  }

  std::weak_ordering Compare(const TagRecord& a, const TagRecord& b) const override {
    return CompareBy(order_, *KeyOf(a.tag), *KeyOf(b.tag));
  }

 private:
  // What the tag is ordered by, a part of it; empty when a group took no part in the match. Nothing without a match.
  std::optional<std::string_view> KeyOf(std::string_view tag) const {
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(group_) + 1);
    const re2::StringPiece text(tag.data(), tag.size());
    if (!expression_->Match(text, 0, text.size(), re2::RE2::UNANCHORED, groups.data(), group_ + 1)) return std::nullopt;
    if (group_ == 0) return tag;
    const re2::StringPiece& found = groups.back();
    return std::string_view(found.data(), found.size());
  }

  std::unique_ptr<const re2::RE2> expression_;
  int group_;  // 0: the whole tag
  v1::TagOrder order_;
};

v1::Problem Malformed(const std::string& text, const re2::RE2& expression) {
  // RE2 tells the part that it stumbled over, not where it stands.
  const std::string& part = expression.error_arg();
  const std::size_t at = part.empty() ? std::string::npos : text.find(part);
  std::string message = at == std::string::npos ? "" : "at character " + std::to_string(at + 1) + ": ";
  return {"regex", message + "expected an RE2 expression, got an error: " + expression.error()};
}

// The group that `capture` names; empty: there is none of that name or number.
std::optional<int> GroupOf(const re2::RE2& expression, const std::optional<std::string>& capture) {
  const int groups = expression.NumberOfCapturingGroups();
  if (!capture) return groups > 0 ? 1 : 0;
  const auto& names = expression.NamedCapturingGroups();
  if (const auto named = names.find(*capture); named != names.end()) return named->second;
  int number = 0;
  const auto [end, error] = std::from_chars(capture->data(), capture->data() + capture->size(), number);
  const bool whole = error == std::errc() && end == capture->data() + capture->size();
  return whole && number >= 1 && number <= groups ? std::optional(number) : std::nullopt;
}

std::string KnownGroups(const re2::RE2& expression) {
  const int groups = expression.NumberOfCapturingGroups();
  if (groups == 0) return "the expression has no group; put ( ) around what orders the tags";
  std::string text = "expected a number from 1 to " + std::to_string(groups);
  for (const auto& [name, number] : expression.NamedCapturingGroups()) text += " or " + name;
  return text;
}

}  // namespace

PolicyOrProblem MakeRegexPolicy(const v1::TagPolicy& policy) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  auto expression = std::make_unique<const re2::RE2>(*policy.regex, options);
  if (!expression->ok()) return Malformed(*policy.regex, *expression);
  const auto group = GroupOf(*expression, policy.capture);
  if (!group) return v1::Problem{"capture", "no group \"" + *policy.capture + "\": " + KnownGroups(*expression)};
  return std::make_unique<const RegexPolicy>(std::move(expression), *group, policy.order);
}

}  // namespace tinyforge
