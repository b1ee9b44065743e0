// The statuses that this process has computed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "api-types/v1/status.h"
#include "controller/runtime/guarded.h"

namespace tinyforge {

// Thread-safe. Not the cache: what an earlier process left there may be true no more, and what could not be stored is
// here all the same.
class StatusBoard {
 public:
  void Put(const std::string& workload, const v1::Status& status);
  // The last one; empty: none has been computed yet.
  std::optional<v1::Status> Of(const std::string& workload) const;
  // Forgets those that `is_there` denies.
  void Keep(const std::function<bool(const std::string& workload)>& is_there);

 private:
  mutable Guarded<std::map<std::string, v1::Status>> statuses_;
};

}  // namespace tinyforge
