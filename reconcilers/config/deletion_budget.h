// When a deletion is large enough to wait for a person (design 4.7). Pure.
#pragma once

#include <cstddef>

namespace tinyforge {

// Containers, services of compose workloads counted one by one, over a sliding 24 hours.
struct DeletionTally {
  std::size_t pending = 0;   // would be deleted now
  std::size_t recent = 0;    // were deleted in the last 24 hours
  std::size_t existing = 0;  // of this instance at present, the pending ones among them
};

// More than three and more than 30 % of what there was, or all of more than one.
bool NeedsApproval(const DeletionTally& tally);

}  // namespace tinyforge
