#include "reconcilers/trigger/policy/version_range.h"

#include <algorithm>

#include "reconcilers/trigger/policy/range_parser.h"

namespace tinyforge {
namespace {

bool AllAdmit(const std::vector<Comparator>& comparators, const SemanticVersion& version) {
  return std::ranges::all_of(comparators, [&](const Comparator& c) { return c.Admits(version); });
}

bool NamesPreReleaseOf(const std::vector<Comparator>& comparators, const SemanticVersion& version) {
  return std::ranges::any_of(comparators, [&](const Comparator& c) {
    return !c.version.pre_release.empty() && c.version.SameRelease(version);
  });
}

}  // namespace

bool Comparator::Admits(const SemanticVersion& other) const {
  switch (op) {
    case Op::Less: return other < version;
    case Op::LessOrEqual: return other <= version;
    case Op::Greater: return other > version;
    case Op::GreaterOrEqual: return other >= version;
    case Op::Equal: return other == version;
  }
  return false;
}

Expected<VersionRange> VersionRange::Parse(std::string_view text) {
  VersionRange range;
  for (std::size_t start = 0;;) {
    const std::size_t end = std::min(text.find("||", start), text.size());
    auto alternative = RangeParser(text.substr(start, end - start), start).Parse();
    if (!alternative) return std::move(alternative).error();
    range.alternatives_.push_back(std::move(*alternative));
    if (end == text.size()) return range;
    start = end + 2;
  }
}

bool VersionRange::Admits(const SemanticVersion& version) const {
  return std::ranges::any_of(alternatives_, [&](const Alternative& alternative) {
    return AllAdmit(alternative, version) && (version.pre_release.empty() || NamesPreReleaseOf(alternative, version));
  });
}

bool VersionRange::AdmitsButForPreRelease(const SemanticVersion& version) const {
  return !Admits(version) &&
         std::ranges::any_of(alternatives_, [&](const Alternative& a) { return AllAdmit(a, version); });
}

}  // namespace tinyforge
