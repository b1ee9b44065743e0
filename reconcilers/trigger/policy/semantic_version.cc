#include "reconcilers/trigger/policy/semantic_version.h"

#include <algorithm>

#include "reconcilers/trigger/policy/natural_order.h"

namespace tinyforge {
namespace {

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

// The identifiers between dots, or nothing when one is none.
std::optional<std::vector<std::string>> Identifiers(std::string_view text) {
  std::vector<std::string> identifiers;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (!IsIdentifier(part)) return std::nullopt;
    identifiers.emplace_back(part);
    if (dot == std::string_view::npos) return identifiers;
    text.remove_prefix(dot + 1);
  }
}

// Takes a number and, unless it is the last one, the dot behind it.
bool TakeNumber(std::string_view& text, bool last, std::string& out) {
  const std::size_t end = last ? text.size() : text.find('.');
  if (end == std::string_view::npos || !IsVersionNumber(text.substr(0, end))) return false;
  out = text.substr(0, end);
  text.remove_prefix(last ? end : end + 1);
  return true;
}

// Numbers are lower than words.
std::strong_ordering CompareIdentifiers(const std::string& a, const std::string& b) {
  const bool number = IsDecimal(a);
  if (number != IsDecimal(b)) return number ? std::strong_ordering::less : std::strong_ordering::greater;
  return number ? CompareDecimal(a, b) : a <=> b;
}

}  // namespace

bool IsVersionNumber(std::string_view text) {
  return IsDecimal(text) && (text.size() == 1 || text.front() != '0');
}

std::optional<std::vector<std::string>> ParsePreRelease(std::string_view text) {
  auto identifiers = Identifiers(text);
  const auto padded = [](const std::string& part) { return IsDecimal(part) && !IsVersionNumber(part); };
  if (identifiers && std::ranges::any_of(*identifiers, padded)) return std::nullopt;
  return identifiers;
}

std::optional<SemanticVersion> SemanticVersion::Parse(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!Identifiers(text.substr(plus + 1))) return std::nullopt;
    text = text.substr(0, plus);
  }
  SemanticVersion version;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    auto pre_release = ParsePreRelease(text.substr(dash + 1));
    if (!pre_release) return std::nullopt;
    version.pre_release = std::move(*pre_release);
    text = text.substr(0, dash);
  }
  if (!TakeNumber(text, false, version.major) || !TakeNumber(text, false, version.minor) ||
      !TakeNumber(text, true, version.patch))
    return std::nullopt;
  return version;
}

bool SemanticVersion::SameRelease(const SemanticVersion& other) const {
  return major == other.major && minor == other.minor && patch == other.patch;
}

std::strong_ordering SemanticVersion::operator<=>(const SemanticVersion& other) const {
  for (auto part : {&SemanticVersion::major, &SemanticVersion::minor, &SemanticVersion::patch})
    if (const auto order = CompareDecimal(this->*part, other.*part); order != std::strong_ordering::equal) return order;
  // A pre-release comes before its release.
  if (pre_release.empty() != other.pre_release.empty())
    return pre_release.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  return std::lexicographical_compare_three_way(pre_release.begin(), pre_release.end(), other.pre_release.begin(),
                                                other.pre_release.end(), CompareIdentifiers);
}

}  // namespace tinyforge
