// Conditions as in Kubernetes' metav1.Condition: one row a type, status moves are timed, reasons are PascalCase words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/time.h"

namespace tinyforge {

enum class ConditionStatus { Unknown, True, False };

std::string_view ToString(ConditionStatus status);

namespace condition {
inline constexpr std::string_view kReady = "Ready";
inline constexpr std::string_view kReconciling = "Reconciling";
inline constexpr std::string_view kStalled = "Stalled";
inline constexpr std::string_view kHealthy = "Healthy";
}  // namespace condition

struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::Unknown;
  std::string reason;
  std::string message;
  std::int64_t observed_generation = 0;
  SysTime last_transition_time{};
  bool operator==(const Condition&) const = default;
};

const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type);

// Sets or adds `next`. The transition time of the old row is kept while the status stays the same.
void SetCondition(std::vector<Condition>& conditions, Condition next);

void RemoveCondition(std::vector<Condition>& conditions, std::string_view type);

}  // namespace tinyforge
