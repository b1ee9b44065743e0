#include "reconcilers/trigger/policy/natural_order.h"

#include <algorithm>

namespace tinyforge {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view TakeDigits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, IsDigit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

std::string_view WithoutZeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : digits.substr(first);
}

}  // namespace

bool IsDecimal(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsDigit);
}

std::strong_ordering CompareDecimal(std::string_view a, std::string_view b) {
  a = WithoutZeros(a);
  b = WithoutZeros(b);
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::strong_ordering CompareNatural(std::string_view a, std::string_view b) {
  std::string_view left = a;
  std::string_view right = b;
  while (!left.empty() && !right.empty()) {
    if (IsDigit(left.front()) && IsDigit(right.front())) {
      const auto order = CompareDecimal(TakeDigits(left), TakeDigits(right));
      if (order != std::strong_ordering::equal) return order;
      continue;
    }
    if (left.front() != right.front()) return left.substr(0, 1) <=> right.substr(0, 1);
    left.remove_prefix(1);
    right.remove_prefix(1);
  }
  if (left.empty() != right.empty()) return left.empty() ? std::strong_ordering::less : std::strong_ordering::greater;
  return a <=> b;
}

}  // namespace tinyforge
