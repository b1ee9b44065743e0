// How much may be deleted without a person's word (design 4.7).
#pragma once

#include <cstddef>

namespace tinyforge {

// Counts of containers; `deleting` includes those deleted in the last 24 hours, `total` as well.
struct DeletionLoad {
  std::size_t deleting = 0;
  std::size_t total = 0;
};

// More than 3 and more than 30 %, or all.
constexpr bool NeedsApproval(const DeletionLoad& load) {
  return load.deleting > 0 && (load.deleting >= load.total || (load.deleting > 3 && load.deleting * 10 > load.total * 3));
}

}  // namespace tinyforge
