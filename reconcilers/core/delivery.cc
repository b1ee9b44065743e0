#include "reconcilers/core/delivery.h"

#include <array>
#include <utility>

namespace tinyforge {
namespace {

constexpr std::array kWords = {std::pair(DeliveryResult::Pending, std::string_view("pending")),
                               std::pair(DeliveryResult::Rolling, std::string_view("rolling")),
                               std::pair(DeliveryResult::Deployed, std::string_view("deployed")),
                               std::pair(DeliveryResult::Skipped, std::string_view("skipped")),
                               std::pair(DeliveryResult::NoMatch, std::string_view("no-match")),
                               std::pair(DeliveryResult::Errored, std::string_view("errored"))};

}  // namespace

std::string_view ToString(DeliveryResult result) {
  for (const auto& [known, word] : kWords)
    if (known == result) return word;
  return "unknown";
}

std::optional<DeliveryResult> ParseDeliveryResult(std::string_view text) {
  for (const auto& [known, word] : kWords)
    if (word == text) return known;
  return std::nullopt;
}

DeliveryCounts CountOutcomes(const Delivery& delivery) {
  DeliveryCounts counts;
  for (const DeliveryOutcome& outcome : delivery.outcomes) switch (outcome.result) {
      case DeliveryResult::Pending:
      case DeliveryResult::Rolling: ++counts.pending; break;
      case DeliveryResult::Deployed: ++counts.deployed; break;
      case DeliveryResult::Skipped: ++counts.skipped; break;
      case DeliveryResult::NoMatch: ++counts.no_match; break;
      case DeliveryResult::Errored: ++counts.errored; break;
    }
  return counts;
}

}  // namespace tinyforge
