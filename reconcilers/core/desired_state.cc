#include "reconcilers/core/desired_state.h"

namespace tinyforge {

std::string ServingName(std::string_view workload, int replica) {
  const std::string base = workload.size() == 1 ? "tf-" + std::string(workload) : std::string(workload);
  return replica == 1 ? base : base + "-" + std::to_string(replica);
}

}  // namespace tinyforge
