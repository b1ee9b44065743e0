// What the short forms of a range stand for, as node-semver defines them.
#include "reconcilers/trigger/policy/range_parser.h"

namespace tinyforge {
namespace {

using Op = Comparator::Op;
using Comparators = std::vector<Comparator>;

std::string Successor(std::string digits) {
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit != '9') {
      ++*digit;
      return digits;
    }
    *digit = '0';
  }
  return "1" + digits;
}

// Below a version and all its pre-releases, of which "-0" is the lowest.
Comparator Below(std::string major, std::string minor = "0", std::string patch = "0") {
  return {Op::Less, {std::move(major), std::move(minor), std::move(patch), {"0"}}};
}

Comparator From(SemanticVersion version) {
  return {Op::GreaterOrEqual, std::move(version)};
}

// The first version behind all that the open parts stand for. The version is not whole and has a major.
SemanticVersion Behind(const PartialVersion& version) {
  if (!version.minor) return {Successor(*version.major), "0", "0", {}};
  return {*version.major, Successor(*version.minor), "0", {}};
}

Comparator BelowBehind(const PartialVersion& version) {
  const SemanticVersion end = Behind(version);
  return Below(end.major, end.minor);
}

Comparators Tilde(const PartialVersion& version) {
  if (!version.minor) return {From(version.Floor()), BelowBehind(version)};
  return {From(version.Floor()), Below(*version.major, Successor(*version.minor))};
}

Comparators Caret(const PartialVersion& version) {
  const bool grows = *version.major != "0" || !version.minor;
  if (grows) return {From(version.Floor()), Below(Successor(*version.major))};
  if (*version.minor != "0" || !version.patch) return {From(version.Floor()), Below("0", Successor(*version.minor))};
  return {From(version.Floor()), Below("0", "0", Successor(*version.patch))};
}

Comparators Compare(std::string_view op, const PartialVersion& version) {
  if (op == ">=") return {From(version.Floor())};
  if (op == "<")
    return {version.IsWhole() ? Comparator{Op::Less, version.Floor()}
                              : Below(version.Floor().major, version.Floor().minor)};
  if (op == ">") return {version.IsWhole() ? Comparator{Op::Greater, version.Floor()} : From(Behind(version))};
  return {version.IsWhole() ? Comparator{Op::LessOrEqual, version.Floor()} : BelowBehind(version)};
}

// "*" with an operator: everything, or for < and > nothing.
Comparators Any(std::string_view op) {
  if (op == "<" || op == ">") return {Below("0")};
  return {From({})};
}

}  // namespace

Comparators Desugar(std::string_view op, const PartialVersion& version) {
  if (!version.major) return Any(op);
  if (op == "~" || op == "~>") return Tilde(version);
  if (op == "^") return Caret(version);
  if (!op.empty() && op != "=") return Compare(op, version);
  if (version.IsWhole()) return {{Op::Equal, version.Floor()}};
  return {From(version.Floor()), BelowBehind(version)};
}

Comparators DesugarHyphen(const PartialVersion& from, const PartialVersion& to) {
  Comparators comparators = {From(from.Floor())};
  if (!to.major) return comparators;
  comparators.push_back(to.IsWhole() ? Comparator{Op::LessOrEqual, to.Floor()} : BelowBehind(to));
  return comparators;
}

}  // namespace tinyforge
