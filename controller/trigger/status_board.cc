#include "controller/trigger/status_board.h"

namespace tinyforge {

void StatusBoard::Put(const std::string& workload, const v1::Status& status) {
  (*statuses_.Lock())[workload] = status;
}

std::optional<v1::Status> StatusBoard::Of(const std::string& workload) const {
  auto statuses = statuses_.Lock();
  const auto found = statuses->find(workload);
  return found == statuses->end() ? std::nullopt : std::optional(found->second);
}

void StatusBoard::Keep(const std::function<bool(const std::string& workload)>& is_there) {
  std::erase_if(*statuses_.Lock(), [&](const auto& entry) { return !is_there(entry.first); });
}

}  // namespace tinyforge
