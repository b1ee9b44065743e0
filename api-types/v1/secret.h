// The Secret manifest names where values come from; a value never stands in it in clear.
#pragma once

#include <string>
#include <vector>

#include "api-types/meta/object.h"

namespace tinyforge::v1 {

struct SecretSpec {
  std::vector<std::string> hosts;
  StringMap from_files;  // key -> path below the controller's secrets directory
  bool operator==(const SecretSpec&) const = default;
};

}  // namespace tinyforge::v1
