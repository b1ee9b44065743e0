#include "reconcilers/trigger/policy/tag_order.h"

#include "reconcilers/trigger/policy/natural_order.h"

namespace tinyforge {

bool MayOrder(v1::TagOrder order, std::string_view text) {
  return order != v1::TagOrder::Numeric || IsDecimal(text);
}

std::weak_ordering CompareBy(v1::TagOrder order, std::string_view a, std::string_view b) {
  switch (order) {
    case v1::TagOrder::Natural: return CompareNatural(a, b);
    case v1::TagOrder::Numeric: return CompareDecimal(a, b);
    case v1::TagOrder::Alphabetical: return a <=> b;
  }
  return std::weak_ordering::equivalent;
}

}  // namespace tinyforge
