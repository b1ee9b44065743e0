#include "reconcilers/config/deletion_budget.h"

namespace tinyforge {
namespace {

constexpr std::size_t kFreeContainers = 3;
constexpr std::size_t kFreePercent = 30;

}  // namespace

bool NeedsApproval(const DeletionTally& tally) {
  if (tally.pending == 0) return false;
  const std::size_t deleted = tally.pending + tally.recent;
  const std::size_t total = tally.existing + tally.recent;
  const bool all = deleted >= total && total > 1;
  return all || (deleted > kFreeContainers && deleted * 100 > total * kFreePercent);
}

}  // namespace tinyforge
