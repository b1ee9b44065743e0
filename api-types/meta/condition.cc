#include "api-types/meta/condition.h"

#include <algorithm>

namespace tinyforge {

std::string_view ToString(ConditionStatus status) {
  switch (status) {
    case ConditionStatus::Unknown: return "Unknown";
    case ConditionStatus::True: return "True";
    case ConditionStatus::False: return "False";
  }
  return "Unknown";
}

const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type) {
  auto found = std::find_if(conditions.begin(), conditions.end(), [&](const Condition& c) { return c.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

void SetCondition(std::vector<Condition>& conditions, Condition next) {
  auto found =
      std::find_if(conditions.begin(), conditions.end(), [&](const Condition& c) { return c.type == next.type; });
  if (found == conditions.end()) {
    conditions.push_back(std::move(next));
    return;
  }
  if (found->status == next.status) next.last_transition_time = found->last_transition_time;
  *found = std::move(next);
}

void RemoveCondition(std::vector<Condition>& conditions, std::string_view type) {
  std::erase_if(conditions, [&](const Condition& c) { return c.type == type; });
}

}  // namespace tinyforge
